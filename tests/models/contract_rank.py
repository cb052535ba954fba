"""Program of one of two ranks: train run after run in one process, each like `headrace.train.rank.__main__`.

The ranks of fourteen runs import TensorFlow only once.
"""

import os
import sys
import traceback

import keras

from headrace.errors import HeadraceError
from headrace.runs.run_folder import RunFolder
from headrace.storage.append_locally_then_upload import AppendMirror
from headrace.table import read
from headrace.train.bundle_verification.network_and_bundle_verifier import NetworkAndBundleVerifier
from headrace.train.bundle_verification.verification_process_client import VerificationProcess
from headrace.train.distributed import collectives
from headrace.train.model.compiled_model import compile_model
from headrace.train.rank.pipe_to_spark_task import Channel, exit_with_task
from headrace.train.rank.rank_context_and_position import RankContext
from headrace.train.rank.trainer import train


class PatientVerifier(NetworkAndBundleVerifier):
    """A verifier whose process serves one run after the other."""

    def close(self) -> None:
        """Leave the process to the next run."""


def main(runs: list[str]) -> None:
    """Train the runs in order; report errors of Headrace to the driver."""
    channel = Channel()
    exit_with_task()
    number, world_size = collectives.init()
    process = VerificationProcess() if number == 0 else None
    for run in runs:
        folder = RunFolder(run)
        record = folder.record()
        assert record is not None
        # Keras numbers layer names over the life of a process; every run must start from 0.
        keras.utils.clear_session()
        version = read(record.table, record.data_version)
        try:
            built, files = compile_model(folder, record, version), AppendMirror(folder.path, folder.path)
            settings = record.configuration
            verifier = process and PatientVerifier(
                built.model, version, settings.stream, settings.train.precision, process
            )
            train(RankContext(folder, record, version, built, number, world_size, channel, files, verifier))
        except HeadraceError as error:
            # The error is the same on both ranks, like errors of the network itself.
            channel.send(kind="error", run=run, text=str(error))
    if process is not None:
        process.close()
    collectives.shutdown()


def code() -> int:
    """Return the exit code of `main`; print the traceback of an unexpected error."""
    try:
        main(sys.argv[1:])
    except Exception:  # noqa: BLE001  a process boundary; Horovod's threads would abort a normal exit
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    ended = code()
    sys.stderr.flush()
    os._exit(ended)
