"""The same network and optimizer in plain Keras, fed from arrays in memory: the upper bound for streaming."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from headrace.networks.network_build_and_checks import build_model
from headrace.stream.build_plan_and_rank_stream import evaluation_plan, rank_stream, training_columns
from headrace.stream.decode.input_column import stored_input
from headrace.stream.rank_batch_stream import RankStream
from headrace.table import read
from tests.bench.__main__ import WARM_UP_STEPS

BATCH = 128


class Clock(keras.callbacks.Callback):
    """Callback that records when each step ended."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.times.append(time.monotonic())


def main(table: Path, model_file: Path) -> None:
    """Train one epoch and print rows per second after the first steps."""
    version = read(table)
    columns = training_columns(version.contract)
    stream = rank_stream(version, "train", evaluation_plan(version, "train", BATCH), columns)
    x, y = _arrays(stream, columns, version.contract.named("input")[1])
    model = build_model(model_file, version.contract, {"width": 32, "dropout": 0.25})
    model.compile("adam", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"], jit_compile=False)
    clock = Clock()
    model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0, callbacks=[clock])
    times = clock.times[WARM_UP_STEPS - 1 : -1]
    print(json.dumps({"memory_fit_images_per_second": (len(times) - 1) * BATCH / (times[-1] - times[0])}))


def _arrays(stream: RankStream, columns: tuple[str, str], column: Any) -> tuple[Any, Any]:
    """Return all inputs and targets of the stream as arrays."""
    inputs, targets = [], []
    for rows, weights in stream.epoch(0):
        present = weights > 0
        inputs.append(stored_input(rows, columns[0], column)[present])
        targets.append(rows[columns[1]][present])
    return np.concatenate(inputs), np.concatenate(targets)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
