"""Images per second in every stage, as JSON on standard output: medians of interleaved rounds.

All stages take turns in each round, so that a machine whose speed drifts slows all of them equally. Every figure comes
from its own process, started as a user would start it.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
CONF = str(ROOT / "conf/fashion_mnist.yaml")
WARM_UP_STEPS = 50

Figures = dict[str, float]


class Bench:
    """The stages; each method does all of its work again and returns its figures."""

    def __init__(self, folder: Path, limit: int | None) -> None:
        self.folder = folder
        self.raw = folder / "raw"
        self.table = folder / "table"
        words = ["fetch", "fashion-mnist", str(self.raw)]
        self._headrace(*words, *(["--limit", str(limit)] if limit else []))
        self.prepare()

    def prepare(self) -> Figures:
        """Prepare raw PNG files with the whole command, including the start of Spark."""
        shutil.rmtree(self.table, ignore_errors=True)
        began = time.monotonic()
        result = self._headrace("prepare", *self._settings())
        return {"prepare_images_per_second": result["written"] / (time.monotonic() - began)}

    def stream(self) -> Figures:
        """Stream shards to shuffled batches of 128 in TensorFlow, in one process without a model."""
        return self._program("stream_alone", str(self.table))

    def memory(self) -> Figures:
        """Run plain `model.fit` from arrays in memory: same network, global batch of 128, all cores."""
        return self._program("plain_fit", str(self.table), str(ROOT / "models/cnn.py"))

    def one_rank(self) -> Figures:
        """Train on one rank with a batch of 128 and all cores."""
        return {"train_1_rank_images_per_second": self._train(1, 128)[0]}

    def two_ranks(self) -> Figures:
        """Train on two ranks with a batch of 64 and half of the cores each."""
        speed, first = self._train(2, 64)
        return {"train_2_ranks_images_per_second": speed, "seconds_to_first_step": first}

    def _train(self, ranks: int, batch: int) -> tuple[float, float]:
        run = self.folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        words = [f"train.run={run}", f"train.ranks={ranks}", f"train.batch_size={batch}", "train.epochs=1"]
        result = self._headrace("train", *self._settings(), *words)
        return steady_speed(run / "metrics.jsonl", 128), result["seconds_to_first_step"]

    def _settings(self) -> list[str]:
        model = ROOT / "models/cnn.py"
        return [CONF, f"data.source.path={self.raw}", f"data.table={self.table}", f"model.file={model}"]

    def _program(self, name: str, *words: str) -> Figures:
        return _json([sys.executable, "-m", f"tests.bench.{name}", *words])

    def _headrace(self, *words: str) -> dict[str, Any]:
        return _json([sys.executable, "-m", "headrace", "--quiet", *words])


def steady_speed(metrics: Path, global_batch: int) -> float:
    """Return rows per second after the first steps, in which TensorFlow traces and memory warms up."""
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    steps = [line for line in lines if line["kind"] == "step" and line["step"] >= WARM_UP_STEPS]
    first, last = steps[0], steps[-1]
    return float((last["step"] - first["step"]) * global_batch / (last["seconds"] - first["seconds"]))


def _json(command: list[str]) -> dict[str, Any]:
    """Run a command and return the JSON of its last line."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Measure and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=None, help="training images; all 60,000 if not given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        bench = Bench(Path(folder), options.limit)
        stages: list[Callable[[], Figures]] = [
            bench.prepare, bench.stream, bench.memory, bench.one_rank, bench.two_ranks,
        ]  # fmt: skip
        rounds: dict[str, list[float]] = {}
        for number in range(options.rounds):
            for stage in stages:
                print(f"round {number + 1}: {stage.__name__}", file=sys.stderr, flush=True)
                for name, value in stage().items():
                    rounds.setdefault(name, []).append(value)
    medians = {name: round(statistics.median(values), 1) for name, values in rounds.items()}
    print(json.dumps({"medians": medians, "rounds": {k: [round(v, 1) for v in vs] for k, vs in rounds.items()}}))


if __name__ == "__main__":
    main()
