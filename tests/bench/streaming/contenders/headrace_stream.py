"""Headrace: shards of the table, shuffled, as `training_batches` returns them."""

import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from rows import BATCH, Epoch, Rows, run

from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.stream.build_plan_and_rank_stream import training_plan
from headrace.stream.tf_data_pipeline import training_batches
from headrace.table import read


def prepare(_: Rows, stored: Path) -> None:
    """Do nothing, as the table exists already."""


def opened(stored: Path, _: Rows) -> Epoch:
    """Open one data set over all epochs, as training does; with `--anew` one per epoch, built inside the clock."""
    version = read(stored.parent / "table")
    batches = training_batches(version, training_plan(version, "train", BATCH, 16, seed=0), Stream())
    if "--anew" in sys.argv:
        return lambda number: _count_rows(batches.dataset(number, 0, number + 1))
    # A third epoch, so that as much is prefetched at the end of the second epoch as at its start.
    steps = iter(batches.dataset(0, 0, 3))
    return lambda _: _count_rows(islice(steps, batches.stream.plan.steps))


def _count_rows(steps: Iterable[Any]) -> int:
    """Return the number of rows in the steps."""
    return sum(int(weights.shape[0]) for _, _, weights in steps)


if __name__ == "__main__":
    run(prepare, opened, "headrace")
