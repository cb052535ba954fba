"""`python -m tests.bench.streaming KIND`: rows per second of every contender, medians of interleaved rounds, as JSON.

Every figure comes from its own process: one epoch to warm up and one to measure, shuffled, in batches of 128. `uv sync
--group bench` installs all contenders but PyTorch and Mosaic Streaming; these can be in another environment, whose
Python `--others` names. A contender that is in neither is reported and omitted.

Processor time per row is reported too; on a shared machine its ratios are more stable.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from tests.bench.streaming.contenders import rows as shared
from tests.bench.streaming.data import Rows, photos, small_images, texts, write_table

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
WORK = "processor_microseconds_a_row"
PHOTOS = 6_400
TEXTS = 60_000


Figures = dict[str, float]


class Contender(NamedTuple):
    """A program in `contenders` and its arguments; some need the other environment."""

    program: str
    words: tuple[str, ...] = ()
    other: bool = False

    @property
    def name(self) -> str:
        """Return the name for the figures."""
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
    """Measure and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--others", type=Path, help="Python of an environment with PyTorch and Mosaic Streaming")
    parser.add_argument("--only", nargs="+", help="these contenders beside Headrace, by name", metavar="NAME")
    parser.add_argument("--folder", type=Path, help="keeps what was stored, for another run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as temporary:
        folder = (options.folder or Path(temporary)) / options.kind
        if not folder.exists():
            _store(options.kind, folder)
        chosen = [
            each for each in KINDS[options.kind] if not options.only or each.name in (HEADRACE.name, *options.only)
        ]
        rounds = _rounds(chosen, folder, options.rounds, options.others)
    speeds = {name: statistics.median(each["rows_per_second"] for each in found) for name, found in rounds.items()}
    work = {name: statistics.median(each[WORK] for each in found) for name, found in rounds.items()}
    figures = {
        "kind": options.kind,
        "rows_per_second": {name: round(speed, 1) for name, speed in speeds.items()},
        "headrace_over": {name: round(speeds[HEADRACE.name] / speed, 2) for name, speed in speeds.items()},
        WORK: {name: round(each, 1) for name, each in work.items()},
        "rounds": {name: [round(each["rows_per_second"], 1) for each in found] for name, found in rounds.items()},
    }
    print(json.dumps(figures))


def _store(kind: str, folder: Path) -> None:
    """Write the rows of this kind for all contenders."""
    rows: Rows = {
        "jpeg": lambda: photos(PHOTOS, HERE / "photos"),
        "raw": small_images,
        "tokens": lambda: texts(TEXTS),
    }[kind]()
    write_table(folder / "table", rows)
    shape = tuple(length or 0 for length in rows.column.shape)
    shared.save(folder, shared.Rows(list(rows.inputs), rows.labels, kind, shape))


def _rounds(contenders: list[Contender], folder: Path, count: int, others: Path | None) -> dict[str, list[Figures]]:
    """Run all contenders in turns and return the figures of each."""
    rounds: dict[str, list[Figures]] = defaultdict(list)
    for number in range(count):
        for contender in contenders:
            found = _figures(contender, folder, others)
            told = f"{found['rows_per_second']:,.0f}, {found[WORK]:.1f} us a row" if found else "not available here"
            print(f"round {number + 1}: {contender.name}: {told}", file=sys.stderr, flush=True)
            if found:
                rounds[contender.name].append(found)
    return rounds


def _figures(contender: Contender, folder: Path, others: Path | None) -> Figures | None:
    """Return what the contender prints, or None where it is not installed."""
    if contender.other and others is None:
        return None
    python = str(others) if contender.other else sys.executable
    command = [python, str(HERE / "contenders" / f"{contender.program}.py"), *contender.words, str(folder)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": "" if contender.other else str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        print(done.stderr[-1500:], file=sys.stderr)
        return None
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
