"""A model of step time at scale: compute, then one ring allreduce; prints the table in docs/scale.md.

    python -m tests.bench.step_time

All assumptions: every rank sends 4 bytes x parameters x 2(N-1)/N (measured by `wire_bytes`); the slowest link on the
ring has the network's rate, of which TCP or RDMA achieves 90 %; each of the ring's 2(N-1) hops takes one latency;
nothing overlaps with compute, as all gradients are reduced in one fused operation; all ranks are equally fast; a rank
computes for 100 ms per step.
"""

COMPUTE_SECONDS = 0.1
USABLE = 0.9
# Rate in bit/s and seconds per hop: kernel TCP on Ethernet, RDMA on faster networks.
NETWORKS = {"10 Gbit/s": (10e9, 30e-6), "100 Gbit/s": (100e9, 10e-6), "400 Gbit/s": (400e9, 5e-6)}
MODELS = {"this CNN, 0.42 million": 421_642, "ResNet-50, 25.6 million": 25_600_000, "1 billion": 1_000_000_000}
RANKS = (64, 1024)


def allreduce_seconds(parameters: int, ranks: int, bits_per_second: float, hop_seconds: float) -> float:
    """Return the seconds of one ring allreduce of float32 gradients.

    Source: Patarasuk, Yuan: Bandwidth optimal all-reduce. JPDC 69, 2009.
    """
    bits = 8 * 4 * parameters * 2 * (ranks - 1) / ranks
    return bits / (USABLE * bits_per_second) + 2 * (ranks - 1) * hop_seconds


def table() -> str:
    """Return a Markdown table: milliseconds of the allreduce, and the share of compute in a step."""
    head = "| parameters | ranks | " + " | ".join(NETWORKS) + " |\n|---|---|" + "---|" * len(NETWORKS)
    return "\n".join([head, *(row(name, ranks) for name in MODELS for ranks in RANKS)])


def row(name: str, ranks: int) -> str:
    """Return one line of the table."""
    seconds = [allreduce_seconds(MODELS[name], ranks, *network) for network in NETWORKS.values()]
    cells = [f"{1000 * one:,.0f} ms, {COMPUTE_SECONDS / (COMPUTE_SECONDS + one):.0%}" for one in seconds]
    return f"| {name} | {ranks:,} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    print(table())
