"""The program that is one rank: `python -m headrace.train.rank RUN`.

Standard output carries one JSON object per line to the driver. Standard error is the rank's log. Standard input closes
when the task ends, and the rank then exits too.
"""

import logging
import os
import sys
import traceback

from headrace.engines.fast_keras_import import import_engines_lean
from headrace.errors import ConfigurationError, HeadraceError, TrainingError
from headrace.runs.run_folder import RunFolder
from headrace.storage.disk_errors import describe
from headrace.train.bundle_verification.verification_process_client import VerificationProcess
from headrace.train.rank.pipe_to_spark_task import Channel, exit_with_task

LOST_PEER = 75


def main(run: str) -> int:
    """Train one rank of the run in folder `run`; return the exit code."""
    channel = Channel()
    import_engines_lean()
    exit_with_task()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # It imports TensorFlow while this process does.
    process = VerificationProcess() if os.environ["HOROVOD_RANK"] == "0" else None
    try:
        return _train(run, channel, process)
    finally:
        if process is not None:
            process.close()


def _train(run: str, channel: Channel, process: VerificationProcess | None) -> int:
    try:
        from headrace.train.rank.trainer import train_rank

        train_rank(run, channel, process)
    except HeadraceError as error:
        channel.send(kind="error", error=type(error).__name__, text=str(error))
        return error.exit_code
    except ImportError as error:
        channel.send(kind="error", error="ConfigurationError", text=import_failure(error))
        return ConfigurationError.exit_code
    except Exception as error:  # noqa: BLE001  a process boundary: report to the driver, with the traceback
        if _is_lost_peer(error):
            channel.send(kind="lost peer", text="lost the connection to another rank")
            return LOST_PEER
        if sentence := describe(error):
            channel.send(kind="error", error="TrainingError", text=sentence)
            return TrainingError.exit_code
        from headrace.train.rank.exception_summary import summarize_error

        text = summarize_error(error, str(RunFolder(run).model_file))
        channel.send(kind="error", error="TrainingError", text=text, traceback=traceback.format_exc())
        return 1
    return 0


def import_failure(error: ImportError) -> str:
    """Return the message to the driver about a module that this rank's Python cannot import."""
    reason = " ".join(str(error).split())
    return (
        f"A rank's Python, {sys.executable}, cannot import a module that it needs ({reason}); "
        "run `headrace check` for details."
    )


def _is_lost_peer(error: Exception) -> bool:
    # If the module is not imported, because Horovod cannot be, there are no peers yet.
    collectives = sys.modules.get("headrace.train.distributed.collectives")
    return collectives is not None and bool(collectives.is_lost_peer(error))


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stderr.flush()
    # Horovod's and TensorFlow's own threads may hang in a normal exit after another rank has failed.
    os._exit(code)
