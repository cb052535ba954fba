"""Photos per second from files to Parquet: Headrace compared with other ways, as JSON on standard output.

`uv run --group bench python -m tests.bench.preparation`. All contenders take turns in each round, so that a machine
whose speed drifts slows all of them equally; compare the ratios, not the figures. Every contender reads JPEG files of
500 x 375 pixels, crops the centre square, shrinks it to 224 x 224 and encodes it with quality 90, with the same
functions. All but the pools write Parquet. Those named after OpenCV shrink with its area filter, as its users do, which
is slower than Headrace's own filter and differs more from Pillow's result.
"""

import argparse
import io
import json
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import PIL.Image
import psutil
import simplejpeg
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from headrace.prepare.encoders.images.opencv_shrink import shrink
from headrace.prepare.encoders.images.turbojpeg_codec import decode_jpeg, encode_jpeg
from headrace.prepare.job import prepare
from headrace.spark.session import DAEMON
from tests.bench.photos import FORM, WORKERS, photo_configuration, write_photos

# Bicubic is Pillow's default.
FILTERS = {"bicubic": PIL.Image.Resampling.BICUBIC, "lanczos": PIL.Image.Resampling.LANCZOS}


def photo(data: bytes) -> bytes:
    """Decode, shrink and encode one photo."""
    pixels = decode_jpeg(data, FORM)
    if pixels is None:
        raise ValueError("no JPEG of the usual kind")
    small = shrink(pixels, FORM)
    if small is None:
        raise ValueError("too small")
    return encode_jpeg(small, FORM.quality)


def photo_file(path: str) -> int:
    """Process a file; return only the size, so that a pool does not have to transfer images."""
    return len(photo(Path(path).read_bytes()))


def opencv_photo(data: bytes) -> bytes:
    """Process a photo like `photo`, but with the filter of OpenCV."""
    height, width = FORM.size
    pixels = simplejpeg.decode_jpeg(data, "RGB", min_height=2 * height, min_width=2 * width, min_factor=2)
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    square = pixels[top : top + side, left : left + side]
    small = cv2.resize(square, (width, height), interpolation=cv2.INTER_AREA)
    return encode_jpeg(np.asarray(small, np.uint8), FORM.quality)


def opencv_photo_file(path: str) -> int:
    """Process a file like `photo_file`, but with the filter of OpenCV."""
    return len(opencv_photo(Path(path).read_bytes()))


class Ways:
    """The contenders; each method does all of the work again."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.raw = folder, folder / "raw"
        write_photos(self.raw, count)
        self.paths = sorted(str(path) for path in self.raw.glob("*/*.jpg"))
        # Warm up, because Spark's workers are warm too.
        self.pool: Pool = multiprocessing.get_context("spawn").Pool(WORKERS)
        self.pool.map(photo_file, self.paths[:50])
        self.headrace()

    def headrace(self) -> None:
        """Run `headrace prepare` in a program whose Spark is up: listing, shards, statistics, hashes, commit."""
        table = self._fresh("table")
        if prepare(photo_configuration(self.raw, table))["written"] != len(self.paths):
            raise ValueError("photos are missing")

    def pool_of_processes(self) -> None:
        """Do the codec work only, and write nothing."""
        self.pool.map(photo_file, self.paths, chunksize=64)

    def pool_of_threads(self) -> None:
        """Do the codec work only, in one process, and write nothing."""
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(photo_file, self.paths))

    def opencv_pool_of_processes(self) -> None:
        """Do the same with OpenCV's filter."""
        self.pool.map(opencv_photo_file, self.paths, chunksize=64)

    def opencv_pool_of_threads(self) -> None:
        """Do the same with OpenCV's filter."""
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(opencv_photo_file, self.paths))

    def binary_file(self) -> None:
        """Use Spark's usual way, in workers as PySpark starts them: binaryFile, a pandas UDF, write.parquet."""
        with _daemon("pyspark.daemon"):
            self.binary_file_in_headraces_workers()

    def binary_file_in_headraces_workers(self) -> None:
        """Do the same in Headrace's workers, which do not read archive directories before every task."""

        @F.pandas_udf("binary")
        def prepared(column: pd.Series) -> pd.Series:
            return column.map(photo)

        spark = SparkSession.active()
        spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "256")
        files = spark.read.format("binaryFile").option("recursiveFileLookup", True).load(str(self.raw))
        files.select("path", prepared("content").alias("image")).write.parquet(str(self._fresh("binary_file")))

    def daft(self) -> None:
        """Use Daft with a UDF."""
        self._daft(photo)

    def opencv_daft(self) -> None:
        """Do the same with OpenCV's filter."""
        self._daft(opencv_photo)

    def _daft(self, one: Callable[[bytes], bytes]) -> None:
        """Run Daft with a UDF of this function."""
        import daft

        @daft.udf(return_dtype=daft.DataType.binary())
        def prepared(column: Any) -> list[bytes]:
            return [one(data) for data in column.to_pylist()]

        files = daft.from_pydict({"path": self.paths}).into_partitions(2 * WORKERS)
        images = files.with_column("image", prepared(_downloaded(daft)))
        images.write_parquet(str(self._fresh("daft")))

    def ray_data(self) -> None:
        """Use Ray Data with a function of batches."""
        import ray.data

        def prepared(rows: dict[str, Any]) -> dict[str, Any]:
            return {"image": [photo(data) for data in rows["bytes"]]}

        if not ray.is_initialized():
            ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        files = ray.data.read_binary_files(self.paths)
        files.map_batches(prepared, batch_size=64).write_parquet(str(self._fresh("ray")))

    def _fresh(self, name: str) -> Path:
        """Return the path of an output that does not exist yet."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        return folder


@contextmanager
def _daemon(module: str) -> Iterator[None]:
    """Start Python workers with another daemon within the block; Spark reads the daemon's name for every stage."""
    settings = SparkSession.active().sparkContext._jsc.sc().conf()
    before = settings.get(DAEMON)
    settings.set(DAEMON, module)
    try:
        yield
    finally:
        settings.set(DAEMON, before)


def _downloaded(daft: Any) -> Any:
    """Return the expression that reads the files, for any version of Daft."""
    path = daft.col("path")
    return path.download() if hasattr(path, "download") else path.url.download()


def quality(paths: list[str]) -> dict[str, dict[str, float]]:
    """Return the PSNR in dB before encoding, compared with Pillow's antialiased resizes of the same square, over some
    photos.
    """
    found = [_psnr(Path(path).read_bytes()) for path in paths[:100]]
    means = {name: round(statistics.mean(each[name] for each in found), 2) for name in FILTERS}
    return {
        "psnr_mean_db": means,
        "psnr_least_db": {name: round(min(each[name] for each in found), 2) for name in FILTERS},
    }


def _psnr(data: bytes) -> dict[str, float]:
    """Return the PSNR in dB of one photo for each filter of Pillow."""
    pixels = decode_jpeg(data, FORM)
    small = None if pixels is None else shrink(pixels, FORM)
    image = PIL.Image.open(io.BytesIO(data))
    left = (image.width - image.height) // 2
    square = image.crop((left, 0, left + image.height, image.height))
    theirs = {name: np.asarray(square.resize((224, 224), number), np.float64) for name, number in FILTERS.items()}
    return {name: float(10 * np.log10(255**2 / np.mean((best - small) ** 2))) for name, best in theirs.items()}


def cpu_seconds() -> float:
    """Return the CPU time of this process and its running descendants, such as Spark's JVM and workers."""
    everything = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return float(sum(process.cpu_times().user + process.cpu_times().system for process in everything))


def time_rounds(ways: list[Callable[[], None]], rounds: int) -> Iterator[tuple[str, float, float]]:
    """Yield name, seconds and CPU seconds of every contender in every round."""
    for number in range(rounds):
        # Each round starts with another contender.
        for way in ways[number % len(ways) :] + ways[: number % len(ways)]:
            print(f"round {number + 1}: {way.__name__}", file=sys.stderr, flush=True)
            began, used = time.monotonic(), cpu_seconds()
            way()
            yield way.__name__, time.monotonic() - began, cpu_seconds() - used


def main() -> None:
    """Measure and print the result as JSON."""
    # Spark starts the python3 of PATH in its tasks.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--photos", type=int, default=4000)
    parser.add_argument("--only", nargs="*", default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        bench = Ways(Path(folder), options.photos)
        ways: list[Callable[[], None]] = [
            bench.headrace, bench.pool_of_processes, bench.pool_of_threads, bench.opencv_pool_of_processes,
            bench.opencv_pool_of_threads, bench.binary_file, bench.binary_file_in_headraces_workers, bench.daft,
            bench.opencv_daft, bench.ray_data,
        ]  # fmt: skip
        chosen = [way for way in ways if options.only is None or way.__name__ in options.only]
        seconds: dict[str, list[float]] = {}
        processor: dict[str, list[float]] = {}
        for name, taken, used in time_rounds(chosen, options.rounds):
            seconds.setdefault(name, []).append(taken)
            processor.setdefault(name, []).append(used)
        # On a busy machine, processor time is more reliable than wall time.
        used_ms = {name: round(min(values) / options.photos * 1000, 2) for name, values in processor.items()}
        speeds = {name: round(options.photos / statistics.median(values), 1) for name, values in seconds.items()}
        ours = seconds.get("headrace", [])
        ratios = {
            name: round(statistics.median(theirs / mine for mine, theirs in zip(ours, values, strict=True)), 3)
            for name, values in seconds.items()
            if ours
        }
        figures = {"photos_per_second": speeds, "headrace_to": ratios, "processor_ms_per_photo": used_ms}
        print(json.dumps(figures | quality(bench.paths)))


if __name__ == "__main__":
    main()
