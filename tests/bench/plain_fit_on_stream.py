"""Keras's own `model.fit` and optimizer on the stream that a rank reads, on one core.

python -m tests.bench.plain_fit_on_stream TABLE MODEL [CORE]
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import keras
import psutil
import tensorflow as tf

from headrace.networks.network_build_and_checks import build_model
from headrace.stream.batch_plan import lanes_for
from headrace.stream.build_plan_and_rank_stream import rank_stream, training_columns, training_plan
from headrace.stream.tf_data_pipeline import Batches
from headrace.table import read

BATCH = 64
FIRST, EVERY = 50, 10


class Clock(keras.callbacks.Callback):
    """Callback that records the times of the steps at which a training run would log."""

    def __init__(self) -> None:
        super().__init__()
        self.times: dict[int, float] = {}

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch + 1 >= FIRST and (batch + 1) % EVERY == 0:
            self.times[batch + 1] = time.monotonic()


def main(table: str, model_file: str, core: str = "0") -> None:
    """Train one epoch and print images per second after the first steps."""
    psutil.Process().cpu_affinity([int(core)])
    # Like a rank with one core.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    keras.utils.set_random_seed(0)
    version = read(table, None)
    model = build_model(Path(model_file), version.contract, {"width": 32, "dropout": 0.25})
    loss = keras.losses.SparseCategoricalCrossentropy()
    accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    model.compile("adam", loss, weighted_metrics=[accuracy], jit_compile=False)
    plan = training_plan(version, "train", BATCH, lanes_for(1, BATCH), 0)
    batches = Batches(rank_stream(version, "train", plan, training_columns(version.contract)), version.contract)
    clock = Clock()
    model.fit(batches.dataset(0, 0, 1), steps_per_epoch=plan.steps, callbacks=[clock], verbose=0)
    first, last = min(clock.times), max(clock.times)
    speed = (last - first) * BATCH / (clock.times[last] - clock.times[first])
    print(json.dumps({"images_per_second": speed}))


if __name__ == "__main__":
    main(*sys.argv[1:])
