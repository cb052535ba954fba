"""Compare engine sets: ratios to the oldest set, from interleaved rounds on one machine.

    python -m tests.bench.engines [--rounds 3] [--limit 20000]

Each round runs every set once, one after the other: seconds of `import tensorflow`, then what `make bench` measures.
`make test-engines` makes the environments.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.__main__ import ROOT

INTERPRETERS = {"oldest": ".venv-oldest/bin/python", "default": ".venv/bin/python", "newest": ".venv-newest/bin/python"}

Figures = dict[str, float]


def measure(interpreter: Path, limit: int) -> Figures:
    """Return the figures of one engine set: images per second, and start times in seconds."""
    began = time.monotonic()
    subprocess.run([interpreter, "-c", "import tensorflow"], check=True, capture_output=True)
    seconds = time.monotonic() - began
    command = [str(interpreter), "-m", "tests.bench", "--rounds", "1", "--limit", str(limit)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    medians: Figures = json.loads(done.stdout.splitlines()[-1])["medians"]
    return {"seconds_to_import_tensorflow": seconds} | medians


def main() -> None:
    """Measure; print the medians, and for each figure the median ratio to the oldest set in the same round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=20_000, help="training images")
    options = parser.parse_args()
    rounds: dict[str, list[Figures]] = {name: [] for name in INTERPRETERS}
    for number in range(options.rounds):
        for name, interpreter in INTERPRETERS.items():
            print(f"round {number + 1}: {name}", file=sys.stderr, flush=True)
            rounds[name].append(measure(ROOT / interpreter, options.limit))
    oldest = rounds["oldest"]
    print(
        json.dumps(
            {
                name: {
                    figure: {
                        "median": round(statistics.median(one[figure] for one in measured), 2),
                        "over_oldest": round(
                            statistics.median(
                                one[figure] / base[figure] for one, base in zip(measured, oldest, strict=True)
                            ),
                            3,
                        ),
                    }
                    for figure in oldest[0]
                }
                for name, measured in rounds.items()
            }
        )
    )


if __name__ == "__main__":
    main()
