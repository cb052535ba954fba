"""Cost of a billion rows in 100,000 shards over 1,024 ranks for driver and ranks, before any row is read.

    python -m tests.bench.plan_at_scale [--shards N] [--rows-in-a-shard N] [--ranks N]

The log is real: written and read as by preparation and training, but without shard files. The plan is real too; it is
computed for every rank in turn, and the sum of all rows is checked. Prints the table in docs/scale.md.
"""

import argparse
import hashlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

from headrace.prepare.arrow_schema_and_columns import arrow_schema
from headrace.stream.batch_plan import Plan, lanes_for, rank_lanes, segments
from headrace.table import Shard, Version, read
from headrace.table.transaction_log import commit, open_base
from tests.support.small_table import Content, some_rows, write_table

Result = TypeVar("Result")

BATCH = 64
SHARD_BYTES = 8_000_000


@dataclass(frozen=True)
class Size:
    """Size of the table and number of ranks."""

    shards: int = 100_000
    rows_in_a_shard: int = 10_000
    ranks: int = 1_024


@dataclass(frozen=True)
class Measurement:
    """One line of the table."""

    what: str
    seconds: float
    megabytes: float

    def __str__(self) -> str:
        return f"| {self.what} | {self.seconds:,.2f} s | {max(0.0, self.megabytes):,.0f} MB |"


def measure(what: str, work: Callable[[], Result]) -> tuple[Result, Measurement]:
    """Return the result of `work`, its duration, and the memory that the process gained while holding the result."""
    process = psutil.Process()
    before, began = process.memory_info().rss, time.perf_counter()
    result = work()
    seconds = time.perf_counter() - began
    return result, Measurement(what, seconds, (process.memory_info().rss - before) / 1e6)


def simulate(size: Size, folder: Path) -> list[Measurement]:
    """Return all lines for a table of this size in `folder`.

    Raises:
        ValueError: the rows of all ranks do not add up to the table.
    """
    small = write_table(folder / "small", Content(splits={"train": some_rows(10)}))
    table = folder / "table"
    shards, made = measure("shards as preparation reports them, driver", lambda: synthetic_shards(size))
    _, written = measure("the log written, driver", lambda: write_log(table, shards, small))
    version, opened = measure("the log read, driver and every rank", lambda: read(table))
    plan, planned = measure("the plan", lambda: make_plan(version, size))
    _, one = measure("a rank's part of an epoch", lambda: segments(plan, 0, rank_lanes(plan, 0, size.ranks)))
    _, late = measure("the same, from the middle of epoch 7", lambda: segments_after_resume(plan, size))
    parts, every = measure("the parts of all ranks, one after the other", lambda: rows_of_ranks(plan, size))
    if sum(parts) != plan.rows or max(parts) > plan.steps * BATCH:
        raise ValueError(f"the ranks' parts add up to {sum(parts)} rows; expected {plan.rows}")
    return [made, written, opened, planned, one, late, every]


def synthetic_shards(size: Size) -> list[Shard]:
    """Return shards as tasks report them, named as preparation names them."""
    return [
        Shard(
            path=f"split=train/part-{number:06d}-{hashlib.sha256(str(number).encode()).hexdigest()}.parquet",
            split="train",
            rows=size.rows_in_a_shard,
            size=SHARD_BYTES,
            modified=1_700_000_000_000,
        )
        for number in range(size.shards)
    ]


def write_log(table: Path, shards: list[Shard], small: Version) -> int:
    """Commit the shards with the summary of a small table that has the same columns."""
    schema = arrow_schema(small.contract.columns)
    return commit(open_base(table), shards, schema, small.summary.model_dump_json())


def make_plan(version: Version, size: Size) -> Plan:
    """Return the plan of a training run with `BATCH` rows per step on each rank."""
    rows = tuple(shard.rows for shard in version.split("train"))
    return Plan(shard_rows=rows, global_batch=size.ranks * BATCH, lanes=lanes_for(size.ranks, BATCH))


def segments_after_resume(plan: Plan, size: Size) -> int:
    """Return the number of shard segments that a resumed rank has left to read."""
    return len(segments(plan, 7, rank_lanes(plan, size.ranks // 2, size.ranks), plan.steps // 2))


def rows_of_ranks(plan: Plan, size: Size) -> list[int]:
    """Return the number of rows that each rank reads in an epoch."""
    parts = (segments(plan, 1, rank_lanes(plan, rank, size.ranks)) for rank in range(size.ranks))
    return [sum(segment.stop - segment.start for segment in part) for part in parts]


def markdown_table(size: Size, lines: list[Measurement]) -> str:
    """Return the lines as a Markdown table."""
    rows = size.shards * size.rows_in_a_shard
    head = f"| {rows:,} rows, {size.shards:,} shards, {size.ranks:,} ranks | time | memory |\n|---|---|---|"
    return "\n".join([head, *map(str, lines)])


def main() -> None:
    """Simulate and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in vars(Size()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    size = Size(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory(prefix="headrace-scale-") as folder:
        lines = simulate(size, Path(folder))
        log = sum(file.stat().st_size for file in Path(folder, "table", "_delta_log").iterdir())
    print(markdown_table(size, lines))
    print(f"\nThe log is {log / 1e6:,.0f} MB; the process held {psutil.Process().memory_info().rss / 1e6:,.0f} MB.")


if __name__ == "__main__":
    main()
