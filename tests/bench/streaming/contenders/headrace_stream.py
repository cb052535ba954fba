"""Headrace: shards of the table, shuffled, as `training_batches` gives them."""

from pathlib import Path

from rows import BATCH, Rows, run

from headrace.config.sections import Stream
from headrace.stream.dataset import training_batches
from headrace.stream.open import plan_for
from headrace.table import read


def prepare(_: Rows, stored: Path) -> None:
    """The table is there already."""


def epoch(stored: Path, _: Rows, number: int) -> int:
    """One epoch; rows that it gave."""
    version = read(stored.parent / "table")
    batches = training_batches(version, plan_for(version, "train", BATCH, 16, seed=0), Stream())
    return sum(int(weights.shape[0]) for _, _, weights in batches.dataset(number, 0, number + 1))


if __name__ == "__main__":
    run(prepare, epoch, "headrace")
