"""The directory of a training run, local or in a bucket: its configuration, data version, progress and result.

run.json       the resolved configuration, the data version, the model's hash, the plan's constants
model.py       the model's source at the start of the run
metrics.jsonl  one line every few steps and one line per epoch
checkpoints/   weights, optimizer state and position
best/          the checkpoint of the best epoch
non-finite/    the rows of steps whose loss or gradients were not finite
events/        TensorBoard event files
logs/          one log file per rank
stop           present when the run must stop early
interrupt      present while the run stops because of a signal
result.json    the result, present when the run is complete
failure.json   the error that ended the last attempt, until the next one starts
bundle/        the trained model
"""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from headrace.errors import StoreError, TrainingError
from headrace.locks.local_or_bucket_folder_lock import lock_or_raise_training_error
from headrace.processes.own_command_line_and_utc_now import utc_now
from headrace.runs.checkpoint_io import newest_first
from headrace.runs.read_json_records import read_record
from headrace.runs.run_record import RunRecord
from headrace.storage import locate
from headrace.storage.atomic_files_and_folders import atomic_write, remove_tree

# In the folder of a run whose ranks have not started.
WRITTEN_FIRST = frozenset(("run.json", "model.py", "failure.json", ".lock", "lock.json"))


class RunFolder:
    """The paths in a run's directory, and the reads and writes of the driver there."""

    def __init__(self, path: str | Path) -> None:
        self.path = locate(path).absolute()
        self.record_file = self.path / "run.json"
        self.model_file = self.path / "model.py"
        self.metrics_file = self.path / "metrics.jsonl"
        self.checkpoints = self.path / "checkpoints"
        self.best = self.path / "best"
        self.non_finite = self.path / "non-finite"
        self.events = self.path / "events"
        self.logs = self.path / "logs"
        self.stop_file = self.path / "stop"
        self.interrupt_file = self.path / "interrupt"
        self.result_file = self.path / "result.json"
        self.failure_file = self.path / "failure.json"

    def locked(self) -> AbstractContextManager[None]:
        """Hold the lock of the run until the block ends.

        Raises:
            TrainingError: another process holds it.
        """
        return lock_or_raise_training_error(self.path, "train", f"run {self.path} is being trained", "train.run")

    @contextmanager
    def withdrawn_if_not_started(self) -> Iterator[None]:
        """Remove record and network of a new run if the block fails before its ranks have written anything.

        A failure of the cluster, such as too few slots, is kept: the same command may succeed later.
        """
        before = self._names()
        try:
            yield
        except TrainingError:
            raise
        except BaseException:
            written = self._names() - before
            if self.record_file.name in written and written <= WRITTEN_FIRST:
                for name in written & {self.record_file.name, self.model_file.name, self.failure_file.name}:
                    (self.path / name).unlink(missing_ok=True)
            raise

    def _names(self) -> set[str]:
        return {path.name for path in self.path.iterdir()} if self.path.exists() else set()

    def record(self) -> RunRecord | None:
        """Return the record of the run, or None where it has not started.

        Raises:
            ConfigurationError: run.json is not a valid record of this version.
        """
        return read_record(self.record_file, RunRecord, "run", "train.run")

    def has_progress(self) -> bool:
        """Return whether the run has a result or a checkpoint, which starting over would lose."""
        return self.result_file.exists() or bool(newest_first(self.checkpoints))

    def begin(self, record: RunRecord, source: str) -> None:
        """Write the model's source and then the record, which makes the directory a run."""
        self.metrics_file.unlink(missing_ok=True)
        self.stop_file.unlink(missing_ok=True)
        remove_tree(self.events)
        remove_tree(self.best)
        atomic_write(self.model_file, source.encode())
        self.write_record(record)

    def discard(self) -> None:
        """Remove record, result and checkpoints, so that the run starts over; its bundle stays for now."""
        self.result_file.unlink(missing_ok=True)
        self.record_file.unlink(missing_ok=True)
        remove_tree(self.checkpoints)
        remove_tree(self.non_finite)

    def extend(self, record: RunRecord) -> None:
        """Write the record of a run that gets other epochs, which makes a complete run incomplete."""
        self.result_file.unlink(missing_ok=True)
        self.write_record(record)

    def write_record(self, record: RunRecord) -> None:
        """Write the record, which the ranks read."""
        atomic_write(self.record_file, record.model_dump_json(indent=2).encode())

    def result(self) -> dict[str, Any] | None:
        """Return the result of the run, or None while it is not complete."""
        if not self.result_file.exists():
            return None
        result: dict[str, Any] = json.loads(self.result_file.read_bytes())
        return result

    def fail(self, error: str) -> None:
        """Write the error that ended the attempt; the error matters more than a record that cannot be written."""
        with suppress(OSError, StoreError):
            atomic_write(self.failure_file, json.dumps({"error": error, "time": utc_now()}, indent=2).encode())

    def finish(self, result: dict[str, Any]) -> None:
        """Write the result, which marks the run as complete."""
        atomic_write(self.result_file, json.dumps(result, indent=2).encode())


def bundle_path(run: Path, setting: str | None, recorded: str | None) -> Path:
    """Return the path of a run's bundle, also after the run's folder was moved or copied.

    Args:
        setting: `train.bundle` of the run; without it the bundle is in the run's folder, wherever that is now.
        recorded: absolute path of the bundle that the run recorded. A folder inside the run's may have been moved.
    """
    return locate(recorded) if setting and recorded and locate(recorded).is_dir() else run / "bundle"
