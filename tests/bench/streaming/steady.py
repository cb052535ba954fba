"""`python -m tests.bench.streaming.steady`: the slowest of ten epochs over their median, autotuner off and on."""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import tensorflow as tf

from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.stream.build_plan_and_rank_stream import training_plan
from headrace.stream.tf_data_pipeline import Batches, training_batches
from tests.bench.streaming.contenders.rows import BATCH
from tests.bench.streaming.data import Rows, small_images, write_table


def main() -> None:
    """Measure and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rows", type=int, default=60_000)
    options = parser.parse_args()
    images = small_images()
    images = Rows(inputs=images.inputs[: options.rows], labels=images.labels[: options.rows], column=images.column)
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        version = write_table(Path(folder) / "table", images)
        batches = training_batches(version, training_plan(version, "train", BATCH, 16, seed=0), Stream())
        seconds: dict[str, list[float]] = {"autotuner off": [], "autotuner on": []}
        for epoch in range(options.epochs + 1):
            for name, found in seconds.items():
                found.append(_epoch(batches, epoch, autotune=name.endswith("on")))
    figures = {
        name: {
            "slowest_over_median": round(statistics.median(found[1:]) / max(found[1:]), 3),
            "seconds": [round(each, 3) for each in found[1:]],
        }
        for name, found in seconds.items()
    }
    print(json.dumps(figures))


def _epoch(batches: Batches, epoch: int, *, autotune: bool) -> float:
    """Return the seconds of one epoch."""
    options = tf.data.Options()
    options.autotune.enabled = autotune
    began = time.perf_counter()
    for _ in batches.dataset(epoch, 0, epoch + 1).with_options(options):
        pass
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
