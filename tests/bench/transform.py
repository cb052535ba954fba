"""`Bundle.transform` against `headrace predict` and Spark's `predict_batch_udf`, in interleaved rounds.

    python -m tests.bench.transform [--rounds 7]

All read the same image files, by their paths, or the same Parquet files of texts, predict them with the same network,
and write Parquet, in one Spark session with a slot for each core, whose Python workers have loaded the network before
the first round. The function of `predict_batch_udf` decodes with Pillow, in batches of 256, and loads the model of the
bundle; it finds no labels. Texts are left out there, as it would need Headrace's tokenizer.

transform over predict    rate of `Bundle.transform`, relative to that of `headrace predict`
transform over batch udf  relative to that of `predict_batch_udf`
"""

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from pyspark.ml.functions import predict_batch_udf
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import ArrayType, FloatType

import headrace
from headrace import bundle as bundles
from headrace.networks.network_build_and_checks import build_model
from headrace.table import read
from tests.bench.__main__ import ROOT, Figures

FILES, BATCH = 8, 256
KINDS: dict[str, dict[str, Any]] = {
    "images": {
        "data": "fashion-mnist",
        "conf": "conf/fashion_mnist.yaml",
        "limit": ["--limit", "20000"],
        "rows": 24_000,
    },
    "texts": {"data": "movie-reviews", "conf": "conf/movie_reviews.yaml", "limit": [], "rows": 96_000},
}
Run = Callable[[DataFrame, list[Path], Path], None]


def main() -> None:
    """Measure and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="keeps the tables for the next time; a temporary one if not given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as name:
        folder = options.folder or Path(name)
        spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
        spark.sparkContext.setLogLevel("ERROR")
        found = {kind: measure(spark, kind, folder / kind, options.rounds) for kind in KINDS}
    print(json.dumps(found))


def measure(spark: SparkSession, kind: str, folder: Path, rounds: int) -> Figures:
    """Return the medians of all rounds, after one that is not counted."""
    rows = KINDS[kind]["rows"]
    sources, files = write_rows(kind, folder, rows)
    frame = spark.read.parquet(*map(str, files))
    runs: dict[str, Run] = {"transform": partial(transform, folder / "bundle"), "predict": predict_files(folder)}
    if kind == "images":
        runs["batch_udf"] = partial(batch_udf, folder / "bundle")
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            output = folder / "predictions" / name
            shutil.rmtree(output, ignore_errors=True)
            began = time.monotonic()
            run(frame, sources, output)
            seconds[name].append(time.monotonic() - began)
            predicted = sum(pq.read_metadata(one).num_rows for one in output.glob("part-*.parquet"))
            if predicted != rows:
                sys.exit(f"{name} predicted {predicted} of {rows} rows")
        print(kind, number, {name: round(times[-1], 2) for name, times in seconds.items()}, file=sys.stderr, flush=True)
    counted = {name: times[1:] for name, times in seconds.items()}
    figures = {f"{name}_rows_per_second": round(rows / statistics.median(times)) for name, times in counted.items()}
    for other in runs.keys() - {"transform"}:
        ratios = [b / a for a, b in zip(counted["transform"], counted[other], strict=True)]
        figures |= {f"transform_over_{other}": round(statistics.median(ratios), 3)}
        figures |= {f"transform_over_{other}_range": [round(min(ratios), 3), round(max(ratios), 3)]}
    return figures


def transform(bundle: Path, frame: DataFrame, sources: list[Path], output: Path) -> None:
    """Predict with the notebook's function."""
    headrace.load(bundle).transform(frame).write.parquet(str(output))


def predict_files(folder: Path) -> Run:
    """Return a function that predicts as `headrace predict` does, in the running session."""
    from headrace.api.callers_session import callers_session
    from headrace.predict.job import PredictOptions, predict

    def run(frame: DataFrame, sources: list[Path], output: Path) -> None:
        with callers_session(frame.sparkSession):
            predict(folder / "bundle", sources, output, PredictOptions())

    return run


def batch_udf(bundle: Path, frame: DataFrame, sources: list[Path], output: Path) -> None:
    """Predict with Spark's own function for networks."""

    def make() -> Any:
        model = bundles.load(bundle).model()

        def predict(paths: np.ndarray) -> np.ndarray:
            pixels = np.stack([np.asarray(Image.open(path).convert("L"))[:, :, None] for path in paths])
            return np.asarray(model(pixels, training=False))

        return predict

    function = predict_batch_udf(make, return_type=ArrayType(FloatType()), batch_size=BATCH)
    frame.withColumn("probabilities", function("image")).write.parquet(str(output))


def write_rows(kind: str, folder: Path, rows: int) -> tuple[list[Path], list[Path]]:
    """Prepare a table, write a bundle of the untrained network, and return raw inputs for the two ways to predict.

    Returns:
        Files or folders for `headrace predict`, and Parquet files of the same texts, or of the paths of the images.
    """
    if not (folder / "bundle").exists():
        _prepare(kind, folder)
    shutil.rmtree(folder / "rows", ignore_errors=True)
    (folder / "rows").mkdir()
    values = _link_images(folder, rows) if kind == "images" else _texts(folder / "raw", rows)
    files = [folder / "rows" / f"{number}.parquet" for number in range(FILES)]
    for number, file in enumerate(files):
        pq.write_table(pa.table({"image" if kind == "images" else "text": values[number::FILES]}), file)
    return [folder / "rows" / "images"] if kind == "images" else files, files


def _link_images(folder: Path, rows: int) -> list[str]:
    """Link the files of some images into one folder, and return their paths."""
    (folder / "rows" / "images").mkdir()
    images = sorted((folder / "raw").rglob("*.png"))
    links = [folder / "rows" / "images" / f"{number}.png" for number in range(rows)]
    for link, image in zip(links, random.Random(0).choices(images, k=rows), strict=True):
        link.hardlink_to(image)
    return [str(link) for link in links]


def _texts(raw: Path, rows: int) -> list[str]:
    lines = (raw / "records.jsonl").read_text("utf-8").splitlines()
    return random.Random(0).choices([json.loads(line)["text"] for line in lines], k=rows)


def _prepare(kind: str, folder: Path) -> None:
    settings, raw, table = KINDS[kind], folder / "raw", folder / "table"
    command = [sys.executable, "-m", "headrace", "--quiet"]
    subprocess.run([*command, "fetch", settings["data"], str(raw), *settings["limit"]], check=True, stdout=sys.stderr)
    source = raw if kind == "images" else raw / "records.jsonl"
    words = [settings["conf"], f"data.source.path={source}", f"data.table={table}"]
    subprocess.run([*command, "prepare", *words], check=True, stdout=sys.stderr, cwd=ROOT)
    version = read(table)
    keras.utils.set_random_seed(0)
    network = ROOT / ("models/cnn.py" if kind == "images" else "models/text_cnn.py")
    model = build_model(network, version.contract, {})
    origin = bundles.Origin(
        run="none",
        table=str(table),
        data_version=version.number,
        steps=0,
        weights_sha256="0" * 64,
        settings=version.summary.settings,
        text_column=version.summary.source.get("text_column"),
        input_column="image" if kind == "images" else version.summary.input_column,
    )
    bundles.write(folder / "bundle", model, network, version.contract, {}, origin)


if __name__ == "__main__":
    main()
