"""`python -m tests.bench.streaming.start_up`: seconds to the first batch of a rank of 64, for 1,000 and 10,000 shards.

The log and the stream are measured separately: a run reads the log once, but may start the stream several times.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.stream.batch_plan import lanes_for
from headrace.stream.build_plan_and_rank_stream import training_plan
from headrace.stream.tf_data_pipeline import training_batches
from headrace.table import read
from tests.bench.streaming.data import Rows, small_images, write_table

RANKS = 64
SHARD_ROWS = 8


def main() -> None:
    """Measure and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shards", type=int, nargs="+", default=[1_000, 10_000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        tables = {shards: _table(Path(folder) / str(shards), shards) for shards in options.shards}
        _first_batch(tables[options.shards[0]], 0)
        found: dict[int, list[tuple[float, float]]] = {shards: [] for shards in tables}
        for number in range(options.rounds):
            for shards, table in tables.items():
                found[shards].append(_first_batch(table, number))
    medians = {
        shards: [round(statistics.median(part), 3) for part in zip(*each, strict=True)]
        for shards, each in found.items()
    }  # noqa: E501
    few, many = min(medians), max(medians)
    print(
        json.dumps(
            {
                "seconds_to_read_the_log": {shards: log for shards, (log, _) in medians.items()},
                "seconds_to_first_batch": {shards: first for shards, (_, first) in medians.items()},
                "many_over_few": round(sum(medians[many]) / sum(medians[few]), 2),
                "first_batch_many_over_few": round(medians[many][1] / medians[few][1], 2),
            }
        )
    )


def _table(folder: Path, shards: int) -> Path:
    """Write a table with this number of shards and return its path."""
    images = small_images()
    rows = shards * SHARD_ROWS
    repeated = [images.inputs[row % len(images.inputs)] for row in range(rows)]
    labels = np.resize(images.labels, rows)
    write_table(folder, Rows(inputs=repeated, labels=labels, column=images.column), SHARD_ROWS)
    return folder


def _first_batch(table: Path, number: int) -> tuple[float, float]:
    """Return the seconds to read the log, and from there to the first batch."""
    began = time.perf_counter()
    version = read(table)
    read_at = time.perf_counter()
    rank = (17 + number) % RANKS
    plan = training_plan(version, "train", RANKS * 32, lanes_for(RANKS, 32), seed=number)
    next(iter(training_batches(version, plan, Stream(), rank, RANKS).dataset(0, 0, 1)))
    return read_at - began, time.perf_counter() - read_at


if __name__ == "__main__":
    main()
