"""Prediction at a cluster's scale: list, deal, answer in parallel, put the output in place when it is complete."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from pyspark.sql import SparkSession

from headrace import bundle as bundles
from headrace.config.sections import Spark
from headrace.errors import ConfigurationError, DataError
from headrace.predict.predict_task import Part, PredictTask, Written, predict_parts
from headrace.spark import python_errors, session
from headrace.table import read
from headrace.whole_file import write_whole
from headrace.whole_folder import whole_folder

FILES_IN_A_PART = 1024


def predict(path: Path, source: Path, output: Path, cluster: Path | None = None) -> dict[str, Any]:
    """Predict every file below `source`, or every row of the table `source`, into Parquet files in `output`.

    `output` holds columns path, label and probabilities (in the order of the bundle's classes), in regression path
    and value; what could not be read is listed with its reason in `output/_rejects`.

    Args:
        cluster: file of Spark's settings for a kind of cluster.

    Raises:
        ConfigurationError: `output` exists.
        DataError: the bundle or the input is missing or damaged.
    """
    began = time.monotonic()
    bundle = bundles.load(path)
    _require_free(output)
    task, parts = _task(bundle, source.absolute())
    spark = session("predict", Spark(cluster=str(cluster) if cluster else None))
    with whole_folder(output.absolute()) as folder:
        written = _run(spark, replace(task, output=folder), parts)
        rows, rejected = sum(one.rows for one in written), sum(one.rejected for one in written)
        result = {"rows": rows, "rejected": rejected, "output": str(output.absolute())}
        result["seconds"] = round(time.monotonic() - began, 3)
        about = result | {"classes": bundle.contract.classes, "bundle": str(bundle.path)}
        write_whole(folder / "_summary.json", json.dumps(about, indent=2).encode())
        _require_free(output)
    return result


def _require_free(output: Path) -> None:
    if output.exists() or output.is_symlink():
        raise ConfigurationError(f"The output {output} exists; name a new folder, or remove it.")


def _run(spark: SparkSession, task: PredictTask, parts: list[Part]) -> list[Written]:
    with python_errors():
        work = spark.sparkContext.parallelize(parts, len(parts)).mapPartitions(partial(predict_parts, task))
        written: list[Written] = work.collect()
    return written


def _task(bundle: bundles.Bundle, source: Path) -> tuple[PredictTask, list[Part]]:
    """What is to be done; where the output goes is not settled yet."""
    if not source.is_dir():
        raise DataError(f"The input {source} is not a folder; expected a folder of raw files, or a table.")
    task = PredictTask(
        bundle=bundle.path, root=source, output=Path(), form=bundle.origin.prepare.image, contract=bundle.contract
    )
    if DeltaTable.is_deltatable(str(source)):
        return _table_task(bundle, task)
    files = sorted(_files(source))
    if not files:
        raise DataError(f"The input {source} holds no files.")
    groups = range(0, len(files), FILES_IN_A_PART)
    return task, [Part(i, tuple(files[at : at + FILES_IN_A_PART])) for i, at in enumerate(groups)]


def _table_task(bundle: bundles.Bundle, task: PredictTask) -> tuple[PredictTask, list[Part]]:
    version = read(task.root)
    bundle.require_input_of(version)
    return replace(task, contract=version.contract), [Part(i, shard=shard) for i, shard in enumerate(version.shards)]


def _files(root: Path) -> Iterator[str]:
    """Every file below `root`, relative to it, links followed; hidden ones are left out."""
    folders: list[tuple[str, tuple[str, ...]]] = [("", (os.path.realpath(root),))]
    while folders:
        below, above = folders.pop()
        for name, is_folder in _entries(root / below):
            path = os.path.join(below, name)
            if not is_folder:
                yield path
                continue
            place = os.path.realpath(root / path)
            if place in above:
                raise DataError(f"The input {root / path} links back to a folder that it is in; remove the link.")
            folders.append((path, (*above, place)))


def _entries(folder: Path) -> list[tuple[str, bool]]:
    """Names in `folder`, and whether each is itself a folder."""
    try:
        with os.scandir(folder) as entries:
            return [(entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise DataError(f"The input {folder} cannot be listed ({error.strerror}); mend or remove it.") from error
