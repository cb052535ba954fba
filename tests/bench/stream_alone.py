"""Throughput from shards to shuffled batches in TensorFlow, without a model."""

import json
import sys
import time
from pathlib import Path

from headrace.stream.build_plan_and_rank_stream import rank_stream, training_columns, training_plan
from headrace.stream.tf_data_pipeline import Batches
from headrace.table import read


def main(table: Path) -> None:
    """Read one epoch to warm up and one to measure."""
    version = read(table)
    plan = training_plan(version, "train", global_batch=128, lanes=16, seed=0)
    batches = Batches(rank_stream(version, "train", plan, training_columns(version.contract)), version.contract)
    for epoch in range(2):
        began = time.monotonic()
        rows = sum(int(weights.numpy().sum()) for _, _, weights in batches.dataset(epoch, 0, epoch + 1))
        seconds = time.monotonic() - began
    print(json.dumps({"stream_images_per_second": rows / seconds}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
