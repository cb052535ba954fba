"""Headrace: shards of the table, shuffled, as `training_batches` gives them."""

import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from rows import BATCH, Epoch, Rows, run

from headrace.config.sections.streaming import Stream
from headrace.stream.build import training_plan
from headrace.stream.dataset import training_batches
from headrace.table import read


def prepare(_: Rows, stored: Path) -> None:
    """The table is there already."""


def opened(stored: Path, _: Rows) -> Epoch:
    """One data set over all epochs, as training takes it; with `--anew` one for each, built inside the clock."""
    version = read(stored.parent / "table")
    batches = training_batches(version, training_plan(version, "train", BATCH, 16, seed=0), Stream())
    if "--anew" in sys.argv:
        return lambda number: _counted(batches.dataset(number, 0, number + 1))
    # A third epoch, so that as much is read ahead when the second ends as when it began.
    steps = iter(batches.dataset(0, 0, 3))
    return lambda _: _counted(islice(steps, batches.stream.plan.steps))


def _counted(steps: Iterable[Any]) -> int:
    return sum(int(weights.shape[0]) for _, _, weights in steps)


if __name__ == "__main__":
    run(prepare, opened, "headrace")
