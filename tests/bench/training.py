"""Training compared with its limits, as ratios of interleaved rounds, every rank on its own core.

    python -m tests.bench.training [--rounds 3]

one rank over plain    a rank (world size 1) over Keras's own `model.fit` on the same stream, both on one core
two ranks over one     two ranks over twice the speed of one; batch of 64 per rank
two plain over one     two independent, concurrent runs of Keras's `model.fit` over twice one: the slowdown of the
                       machine itself when both of its cores work
start over parts       command to first step, over one `import tensorflow` and one start of Spark
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.bench.__main__ import CONF, ROOT

Figures = dict[str, float]


def plain(table: Path, core: int = 0) -> float:
    """Return images per second of Keras alone, on one core."""
    words = [str(table), str(ROOT / "models/cnn.py"), str(core)]
    return float(_program("plain_fit_on_stream", *words)["images_per_second"])


def two_plain(table: Path) -> float:
    """Return images per second of two concurrent runs of Keras, on one core each."""
    with ThreadPoolExecutor(2) as pool:
        return sum(pool.map(partial(plain, table), (0, 1)))


def ranks(folder: Path, table: Path, number: int) -> Figures:
    """Return the figures of `number` ranks, each on its own core: images per second, seconds to the first step,
    checkpoints.
    """
    with tempfile.TemporaryDirectory(dir=folder) as run:
        words = [f"data.table={table}", f"model.file={ROOT / 'models/cnn.py'}", f"train.run={run}/run"]
        words += [f"train.ranks={number}", "train.batch_size=64", "train.epochs=1"]
        return {name: float(value) for name, value in _program("pinned_training", CONF, *words).items()}


def parts_of_start() -> float:
    """Return the seconds of one bare `import tensorflow` followed by one start of Spark."""
    began = time.monotonic()
    spark = (
        "from headrace.config.configuration_model import Spark; "
        "from headrace.spark.session import session; session('bench', Spark())"
    )
    for code in ("import tensorflow", spark):
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)
    return time.monotonic() - began


def _program(name: str, *words: str) -> Figures:
    """Run a program of tests.bench and return its figures."""
    command = [sys.executable, "-m", f"tests.bench.{name}", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    result: Figures = json.loads(done.stdout.splitlines()[-1])
    return result


def one_round(folder: Path, table: Path) -> Figures:
    """Run every stage once, one after the other."""
    alone, both, parts = plain(table), two_plain(table), parts_of_start()
    one, two = (ranks(folder, table, number) for number in (1, 2))
    return {
        "plain_images_per_second": alone,
        "one_rank_images_per_second": one["images_per_second"],
        "two_ranks_images_per_second": two["images_per_second"],
        "one_rank_over_plain": one["images_per_second"] / alone,
        "two_ranks_over_twice_one": two["images_per_second"] / (2 * one["images_per_second"]),
        "two_plain_over_twice_plain": both / (2 * alone),
        "start_over_parts": two["seconds_to_first_step"] / parts,
        "milliseconds_a_checkpoint": two["milliseconds_a_checkpoint"],
    }


def main() -> None:
    """Measure and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as name:
        folder = Path(name)
        headrace = [sys.executable, "-m", "headrace", "--quiet"]
        subprocess.run([*headrace, "fetch", "fashion-mnist", str(folder / "raw")], check=True, stdout=sys.stderr)
        words = [CONF, f"data.source.path={folder / 'raw'}", f"data.table={folder / 'table'}"]
        subprocess.run([*headrace, "prepare", *words], check=True, stdout=sys.stderr, cwd=ROOT)
        rounds: list[Figures] = []
        for number in range(options.rounds):
            rounds.append(one_round(folder, folder / "table"))
            print(f"round {number + 1}: {rounds[-1]}", file=sys.stderr, flush=True)
    print(json.dumps({key: round(statistics.median(r[key] for r in rounds), 3) for key in rounds[0]}))


if __name__ == "__main__":
    main()
