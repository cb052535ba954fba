"""Cost of a terabyte at three scales, from the rates in docs/benchmarks.md; prints the table in docs/scale.md.

    python -m tests.bench.cost

A terabyte is 1.28 billion rows of 28 x 28 grey pixels, each a PNG file before preparation. Assumptions: preparation and
streaming scale with the cores, as their tasks share nothing; a rank has one core and steps of 64 rows, followed by the
allreduce that `step_time` models at 10 Gbit/s; storage is never the bottleneck.
"""

from tests.bench.step_time import MODELS, NETWORKS, allreduce_seconds

ROW_BYTES = 784
ROWS = 10**12 // ROW_BYTES
# Rows per second on one core, measured on two cores by `make bench`.
PREPARED = 1_840 / 2
STREAMED = 122_000
TRAINED = 3_790 / 2
BATCH = 64
CORES = (2, 64, 1_024)


def step_seconds(ranks: int) -> float:
    """Return the seconds of compute and allreduce in one step."""
    parameters = MODELS["this CNN, 0.42 million"]
    return BATCH / TRAINED + allreduce_seconds(parameters, ranks, *NETWORKS["10 Gbit/s"])


def epoch_seconds(ranks: int) -> float:
    """Return the seconds of one epoch of training on a terabyte."""
    return ROWS / (ranks * BATCH) * step_seconds(ranks)


def bottleneck(cores: int) -> str:
    """Return what takes most of the time of an epoch, in words."""
    compute = BATCH / TRAINED / step_seconds(cores)
    return f"compute, {compute:.0%}" if compute > 0.5 else f"allreduce, {1 - compute:.0%}"


def row(cores: int) -> str:
    """Return one line of the table."""
    prepared, streamed, trained = ROWS / PREPARED / cores, ROWS / STREAMED / cores, epoch_seconds(cores)
    hours = " | ".join(f"{seconds / 3600:.3g} h" for seconds in (prepared, streamed, trained))
    return f"| {cores:,} | {hours} | {1e12 / trained / 1e6:,.0f} MB/s | {bottleneck(cores)} |"


def table() -> str:
    """Return the table in Markdown."""
    head = "| cores | prepare | stream an epoch | train an epoch | read while training | most of a step is |"
    return "\n".join([head, "|---|---|---|---|---|---|", *map(row, CORES)])


if __name__ == "__main__":
    print(table())
