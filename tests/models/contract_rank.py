"""The program of one of two ranks: trains run after run, all in one process, as `headrace.train.rank.__main__`
trains one.

What the ranks of fourteen trainings would spend on importing TensorFlow is spent once.
"""

import os
import sys
import traceback

import keras

from headrace.errors import HeadraceError
from headrace.runs.folder import RunFolder
from headrace.storage.append_only_files import AppendMirror
from headrace.table import read
from headrace.train.distributed import collectives
from headrace.train.model.model_builder import compile_model
from headrace.train.rank.context import RankContext
from headrace.train.rank.driver_channel import Channel, exit_with_task
from headrace.train.rank.trainer import train


def main(runs: list[str]) -> None:
    channel = Channel()
    exit_with_task()
    number, world_size = collectives.init()
    for run in runs:
        folder = RunFolder(run)
        record = folder.record()
        assert record is not None
        # Layers are named in the order of a process's life, and a run begins a new one.
        keras.utils.clear_session()
        version = read(record.table, record.data_version)
        try:
            made, files = compile_model(folder, record, version), AppendMirror(folder.path, folder.path)
            train(RankContext(folder, record, version, made, number, world_size, channel, files))
        except HeadraceError as error:
            # Alike on both ranks, as are a network's own mistakes.
            channel.send(kind="error", run=run, text=str(error))
    collectives.shutdown()


def code() -> int:
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
