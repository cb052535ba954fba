"""`headrace predict` on one Spark slot against Keras's own `model.predict` in one process, in interleaved rounds.

    python -m tests.bench.prediction [--rounds 5]

Both predict the 70,000 rows of Fashion-MNIST with the network of conf/fashion_mnist.yaml from the same table, in
batches of 256, pinned to the same core one after the other; for Spark, this includes JVM and driver.

slot over loop    over a loop that reads a shard with Headrace's reader and hands its rows to `model.predict`
slot over memory  over one `model.predict` on all rows, decoded in memory: the best case of Keras, which neither reads
                  nor writes anything

The unit is processor time, which equals wall time on an idle core and stays meaningful on a shared machine. Only the
steady state counts. For the slot, it lasts from the second written file of predictions to the last one and includes
reading, decoding, writing and Spark's work between tasks. For Keras, it starts after the first two shards, in which
TensorFlow traces. The time before is reported as seconds.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import pyarrow.parquet as pq

from headrace import bundle
from headrace.networks.network_build_and_checks import build_model
from headrace.table import read
from tests.bench.__main__ import CONF, ROOT, Figures
from tests.bench.processor_time import run

PINNED = ("taskset", "--cpu-list", "0")
NETWORK = ROOT / "models/cnn.py"
OPTIONS = {"width": 32, "dropout": 0.25}
WARM_UP_SHARDS = 2


def write_bundle(target: Path, table: Path) -> Path:
    """Write a bundle of the untrained network; prediction takes as long with any weights."""
    version = read(table)
    keras.utils.set_random_seed(0)
    model = build_model(NETWORK, version.contract, OPTIONS)
    settings = version.summary.settings
    origin = bundle.Origin(
        run="none", table=str(table), data_version=version.number, steps=0, weights_sha256="0" * 64, settings=settings
    )
    return bundle.write(target, model, NETWORK, version.contract, OPTIONS, origin)


def slot(folder: Path, table: Path) -> Figures:
    """Run `headrace predict` with spark-submit and one slot."""
    output = folder / "answers"
    shutil.rmtree(output, ignore_errors=True)
    submit = [str(Path(sys.executable).parent / "spark-submit"), "--master", "local[1]"]
    submit += ["--conf", f"spark.pyspark.python={sys.executable}", "--conf", "spark.ui.enabled=false"]
    _, spent = run([*PINNED, *submit, str(ROOT / "jobs/predict.py"), str(folder / "bundle"), str(table), str(output)])
    files = sorted(output.glob("part-*.parquet"))
    written = [file.stat().st_mtime for file in files]
    rows = sum(pq.read_metadata(file).num_rows for file in files[WARM_UP_SHARDS:])
    warm = spent.at(written[WARM_UP_SHARDS - 1])
    return {"slot_images_per_second": rows / (spent.at(max(written)) - warm), "slot_seconds_before": warm}


def plain(folder: Path, table: Path) -> Figures:
    """Run Keras alone."""
    words = [str(folder / "bundle"), str(table), str(WARM_UP_SHARDS)]
    output, _ = run([*PINNED, sys.executable, "-m", "tests.bench.plain_predict", *words])
    found: Figures = json.loads(output.splitlines()[-1])
    return found


def one_round(folder: Path, table: Path) -> Figures:
    """Run both, one after the other."""
    found = plain(folder, table) | slot(folder, table)
    for way in ("loop", "memory"):
        found[f"slot_over_{way}"] = found["slot_images_per_second"] / found[f"{way}_images_per_second"]
    return found


def main() -> None:
    """Measure and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keeps the table for the next time; a temporary one if not given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as name:
        folder = options.folder or Path(name)
        table = _table(folder)
        rounds: list[Figures] = []
        for number in range(options.rounds):
            rounds.append(one_round(folder, table))
            print(f"round {number + 1}: {rounds[-1]}", file=sys.stderr, flush=True)
    print(json.dumps({key: round(statistics.median(r[key] for r in rounds), 3) for key in rounds[0]}))


def _table(folder: Path) -> Path:
    """Return the table, with the bundle next to it; create both unless they exist."""
    table = folder / "table"
    if not table.exists():
        headrace = [sys.executable, "-m", "headrace", "--quiet"]
        subprocess.run([*headrace, "fetch", "fashion-mnist", str(folder / "raw")], check=True, stdout=sys.stderr)
        words = [CONF, f"data.source.path={folder / 'raw'}", f"data.table={table}"]
        subprocess.run([*headrace, "prepare", *words], check=True, stdout=sys.stderr, cwd=ROOT)
        write_bundle(folder / "bundle", table)
    return table


if __name__ == "__main__":
    main()
