"""Prediction at a cluster's scale: list, deal, answer in parallel, put the output in place when it is complete."""

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from headrace import bundle as bundles
from headrace.config.sections import Spark
from headrace.errors import ConfigurationError, DataError
from headrace.predict.predict_task import Part, PredictTask, predict_parts
from headrace.spark import python_errors, session
from headrace.table import read
from headrace.train.run_folder import write_whole

FILES_IN_A_PART = 1024


def predict(path: Path, source: Path, output: Path) -> dict[str, Any]:
    """Predict every file below `source`, or every row of the table `source`, into Parquet files in `output`.

    `output` holds columns path, label and probabilities (in the order of the bundle's classes); what could not
    be read is listed with its reason in `output/_rejects`.

    Raises:
        ConfigurationError: `output` exists.
        DataError: the bundle or the input is missing or damaged.
    """
    began = time.monotonic()
    bundle = bundles.load(path)
    if output.exists():
        raise ConfigurationError(f"The output {output} exists; name a new folder, or remove it.")
    task, parts = _task(bundle, source.absolute(), output.absolute())
    spark = session("predict", Spark())
    task.output.mkdir(parents=True)
    try:
        with python_errors():
            work = spark.sparkContext.parallelize(parts, len(parts)).mapPartitions(partial(predict_parts, task))
            written = work.collect()
        rows, rejected = sum(one.rows for one in written), sum(one.rejected for one in written)
        result = {"rows": rows, "rejected": rejected, "output": str(output.absolute())}
        result["seconds"] = round(time.monotonic() - began, 3)
        about = result | {"classes": bundle.contract.classes, "bundle": str(bundle.path)}
        write_whole(task.output / "_summary.json", json.dumps(about, indent=2).encode())
        task.output.replace(output)
    except BaseException:
        shutil.rmtree(task.output, ignore_errors=True)
        raise
    return result


def _task(bundle: bundles.Bundle, source: Path, output: Path) -> tuple[PredictTask, list[Part]]:
    aside = output.with_name(f".{output.name}.{uuid.uuid4().hex[:8]}")
    task = PredictTask(bundle=bundle.path, root=source, output=aside, form=bundle.origin.prepare.image)
    if not source.is_dir():
        raise DataError(f"The input {source} is not a folder; expected a folder of raw files, or a table.")
    if DeltaTable.is_deltatable(str(source)):
        return _table_task(bundle, task)
    files = sorted(_files(source))
    if not files:
        raise DataError(f"The input {source} holds no files.")
    groups = range(0, len(files), FILES_IN_A_PART)
    return task, [Part(i, tuple(files[at : at + FILES_IN_A_PART])) for i, at in enumerate(groups)]


def _table_task(bundle: bundles.Bundle, task: PredictTask) -> tuple[PredictTask, list[Part]]:
    version = read(task.root)
    if version.contract.input_shape != bundle.contract.input_shape:
        raise DataError(
            f"The bundle takes inputs of shape {bundle.contract.input_shape}, "
            f"{version.table} holds {version.contract.input_shape}."
        )
    with_contract = PredictTask(**(vars(task) | {"contract": version.contract}))
    return with_contract, [Part(i, shard=shard) for i, shard in enumerate(version.shards)]


def _files(root: Path) -> Iterator[str]:
    """Every file below `root`, relative to it; hidden ones are left out."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = os.path.relpath(folder, root)
        yield from (os.path.normpath(os.path.join(below, name)) for name in names if not name.startswith("."))
