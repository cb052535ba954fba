"""`python -m tests.bench.streaming KIND`: rows a second of every contender, medians of interleaved rounds, as JSON.

Every figure is of a process of its own: one epoch to warm up, one to measure, shuffled, in batches of 128. What
is not installed here (`uv sync --group bench` brings all but PyTorch and Mosaic Streaming) can live in another
environment that `--others` names the Python of; what is in neither is left out, and told.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.bench.streaming.contenders import rows as shared
from tests.bench.streaming.data import Rows, photos, small_images, texts, write_table

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
PHOTOS = 6_400
TEXTS = 60_000


class Contender(NamedTuple):
    """A program in `contenders` and its words; some need the other environment."""

    program: str
    words: tuple[str, ...] = ()
    other: bool = False

    @property
    def name(self) -> str:
        """For the figures."""
        return " ".join([self.program, *self.words])


HEADRACE = Contender("headrace_stream")
KINDS = {
    "jpeg": [
        HEADRACE,
        Contender("headrace_stream", ("--anew",)),
        Contender("memory", ("simplejpeg",)),
        Contender("memory", ("opencv",)),
        Contender("memory", ("tensorflow",)),
        Contender("tfrecord"),
        Contender("petastorm_rows"),
        Contender("petastorm_rows", ("--numpy",)),
        Contender("petastorm_batches"),
        Contender("webdataset_tar"),
        Contender("webdataset_tar", ("--torch",), other=True),
        Contender("hugging_face"),
        Contender("hugging_face", ("--torch",), other=True),
        Contender("mosaic", other=True),
    ],
    "raw": [
        HEADRACE,
        Contender("headrace_stream", ("--anew",)),
        Contender("memory", ("sliced",)),
        Contender("memory", ("gathered",)),
        Contender("tfrecord"),
        Contender("petastorm_rows"),
        Contender("petastorm_rows", ("--numpy",)),
        Contender("petastorm_batches"),
    ],
    "tokens": [HEADRACE, Contender("headrace_stream", ("--anew",)), Contender("tfrecord")],
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--others", type=Path, help="Python of an environment with PyTorch and Mosaic Streaming")
    parser.add_argument("--folder", type=Path, help="keeps what was stored, for another run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as temporary:
        folder = (options.folder or Path(temporary)) / options.kind
        if not folder.exists():
            _store(options.kind, folder)
        rounds = _rounds(KINDS[options.kind], folder, options.rounds, options.others)
    medians = {name: statistics.median(speeds) for name, speeds in rounds.items() if speeds}
    ours = medians[HEADRACE.name]
    print(
        json.dumps(
            {
                "kind": options.kind,
                "medians": {name: round(speed, 1) for name, speed in medians.items()},
                "headrace_over": {name: round(ours / speed, 2) for name, speed in medians.items()},
                "rounds": {name: [round(speed, 1) for speed in speeds] for name, speeds in rounds.items()},
            }
        )
    )


def _store(kind: str, folder: Path) -> None:
    rows: Rows = {
        "jpeg": lambda: photos(PHOTOS, HERE / "photos"),
        "raw": small_images,
        "tokens": lambda: texts(TEXTS),
    }[kind]()
    write_table(folder / "table", rows)
    shape = tuple(length or 0 for length in rows.column.shape)
    shared.save(folder, shared.Rows(list(rows.inputs), rows.labels, kind, shape))


def _rounds(contenders: list[Contender], folder: Path, count: int, others: Path | None) -> dict[str, list[float]]:
    rounds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(count):
        for contender in contenders:
            speed = _speed(contender, folder, others)
            told = "not available here" if speed is None else f"{speed:,.0f}"
            print(f"round {number + 1}: {contender.name}: {told}", file=sys.stderr, flush=True)
            if speed is not None:
                rounds[contender.name].append(speed)
    return rounds


def _speed(contender: Contender, folder: Path, others: Path | None) -> float | None:
    """Rows a second; None where the contender is not installed."""
    if contender.other and others is None:
        return None
    python = str(others) if contender.other else sys.executable
    command = [python, str(HERE / "contenders" / f"{contender.program}.py"), *contender.words, str(folder)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": "" if contender.other else str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        print(done.stderr[-1500:], file=sys.stderr)
        return None
    return float(json.loads(done.stdout.splitlines()[-1])["rows_per_second"])


if __name__ == "__main__":
    main()
