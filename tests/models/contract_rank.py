"""The program of one of two ranks: trains run after run, all in one process, as `headrace.train.rank` trains one.

What the ranks of fourteen trainings would spend on importing TensorFlow is spent once.
"""

import os
import sys
import traceback

import keras

from headrace.errors import HeadraceError
from headrace.storage.growing import Growing
from headrace.table import read
from headrace.train import collectives
from headrace.train.compiled import compiled
from headrace.train.loop import train
from headrace.train.one_rank import OneRank
from headrace.train.rank import Channel, live_with_the_task
from headrace.train.run_folder import RunFolder


def main(runs: list[str]) -> None:
    channel = Channel()
    live_with_the_task()
    number, world_size = collectives.start()
    for run in runs:
        folder = RunFolder(run)
        record = folder.record()
        assert record is not None
        # Layers are named in the order of a process's life, and a run begins a new one.
        keras.utils.clear_session()
        version = read(record.table, record.data_version)
        try:
            made, files = compiled(folder, record, version), Growing(folder.path, folder.path)
            train(OneRank(folder, record, version, made, number, world_size, channel, files))
        except HeadraceError as error:
            # Alike on both ranks, as are a network's own mistakes.
            channel.send(kind="error", run=run, text=str(error))
    collectives.stop()


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
