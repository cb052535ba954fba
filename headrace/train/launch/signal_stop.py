"""Stop the ranks of a run after a checkpoint when a signal ends the driver's command."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from headrace.errors import StoreError
from headrace.processes.interruption import interruption_detail, stop_request
from headrace.runs.checkpoint_io import newest_first
from headrace.runs.run_folder import RunFolder
from headrace.train.rank_message_receiver import RankMessageReceiver


@contextmanager
def stop_on_signal(folder: RunFolder, progress: RankMessageReceiver) -> Iterator[None]:
    """Ask the ranks to stop at the first signal inside the block.

    Raises:
        CommandInterruptedError: a signal ended the block; it says from which step the run resumes.
    """

    def request() -> bool:
        # Ranks that have not started cannot stop gracefully; a request that cannot be written is not seen.
        if progress.is_training:
            with suppress(OSError, StoreError):
                folder.interrupt_file.touch()
                return True
        return False

    # A driver that was killed leaves it.
    folder.interrupt_file.unlink(missing_ok=True)
    try:
        with interruption_detail(lambda: _describe_last_checkpoint(folder)), stop_request(request):
            yield
    finally:
        folder.interrupt_file.unlink(missing_ok=True)


def _describe_last_checkpoint(folder: RunFolder) -> str:
    checkpoints = newest_first(folder.checkpoints)
    if not checkpoints:
        return f"the run {folder.path} has no checkpoint, so the same command starts it over"
    step = int(checkpoints[0].name.removeprefix("step-"))
    return f"the last checkpoint of the run {folder.path} is of step {step}; the same command resumes from it"
