"""The predict command: lists the input, predicts parts in parallel, and publishes the output when it is complete."""

import json
import math
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from pyspark.sql import SparkSession

from headrace import bundle as bundles
from headrace.config.configuration import Spark
from headrace.errors import ConfigurationError, DataError, HeadraceError
from headrace.predict.predict_task import Part, PartResult, PredictTask, manifest_hash, predict_parts
from headrace.predict.record_files import RecordFile
from headrace.spark.session import await_tasks, session, unwrap_python_errors
from headrace.storage import files_below, is_remote
from headrace.storage.atomic import atomic_directory, atomic_write
from headrace.table import read
from headrace.table.delta import delta_address

FILES_PER_PART = 1024
# Spark and its worker take longer to start a task than to predict a thousand small images.
PARTS_PER_TASK = 8


@dataclass(frozen=True)
class TextColumns:
    """Columns of a file of records.

    Attributes:
        text: column of the texts; None uses the one of the bundle's preparation.
        identity: column that identifies records; its values become the column id of the output.
        options: options of the reader, as in `data.source.options`, in place of the bundle's.
    """

    text: str | None = None
    identity: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


def predict(
    path: Path,
    source: Path,
    output: Path,
    cluster: Path | None = None,
    columns: TextColumns | None = None,
    threshold: float | None = None,
) -> dict[str, Any]:
    """Predict every file below `source`, every row of the table `source`, or every record of the file `source`.

    `output` holds Parquet files with columns path, label and probabilities (in the order of the bundle's classes), of
    multi_label path, labels and probabilities, in regression path and value; for a file of texts also line and, if
    requested, id. Rejected records are listed with their reasons in `output/_rejects`. `output/_summary.json` is
    written last: on a store, where no folder can be renamed, an output without it is not complete.

    Args:
        cluster: file of Spark settings for one kind of cluster.
        threshold: minimum probability, 0 to 1, of a label, or of the second of two classes.

    Raises:
        ConfigurationError: `output` exists, a column is missing, or `threshold` is given and there are not two
            classes.
        DataError: the bundle or the input is missing or damaged.
    """
    began = time.monotonic()
    # The link to the champion may point to another bundle a moment later.
    bundle = bundles.load(path if is_remote(path) else path.resolve())
    _require_free(output)
    _require_decidable(bundle, threshold)
    task, parts = _task(bundle, source.absolute(), columns or TextColumns())
    spark = session("predict", Spark(cluster=str(cluster) if cluster else None))
    with atomic_directory(output.absolute()) as folder:
        written = _run(spark, replace(task, output=folder, threshold=threshold), parts)
        rows, rejected = sum(one.rows for one in written), sum(one.rejected for one in written)
        result = {"rows": rows, "rejected": rejected, "output": str(output.absolute())}
        result["seconds"] = round(time.monotonic() - began, 3)
        about = result | {"classes": bundle.contract.classes, "bundle": str(bundle.path)}
        atomic_write(folder / "_summary.json", json.dumps(about, indent=2).encode())
        if folder != output:
            _require_free(output)
    return result


def _require_free(output: Path) -> None:
    if output.exists() or output.is_symlink():
        raise ConfigurationError(f"The output {output} exists; name a new folder, or remove it.")


def _require_decidable(bundle: bundles.Bundle, threshold: float | None) -> None:
    contract = bundle.contract
    if threshold is not None and contract.task != "multi_label" and len(contract.classes) != 2:
        found = f"{len(contract.classes)} classes" if contract.classes else "numbers"
        raise ConfigurationError(
            f"--threshold applies to two classes or to multi_label; the bundle {bundle.path} predicts {found}."
        )


def _run(spark: SparkSession, task: PredictTask, parts: list[Part]) -> list[PartResult]:
    context = spark.sparkContext
    tasks = max(min(len(parts), context.defaultParallelism), math.ceil(len(parts) / PARTS_PER_TASK))
    work = context.parallelize(parts, tasks).mapPartitions(partial(predict_parts, task))
    try:
        with unwrap_python_errors():
            written: list[PartResult] = work.collect()
    except HeadraceError:
        # The other tasks keep writing into the output, which is removed next.
        await_tasks()
        raise
    return written


def _task(bundle: bundles.Bundle, source: Path, columns: TextColumns) -> tuple[PredictTask, list[Part]]:
    """Return the task; its output folder is not known yet."""
    if source.is_file() and bundle.contract.tokenizer:
        return _records_task(bundle, source, columns)
    if not source.is_dir():
        raise DataError(f"The input {source} is not a folder; expected a folder of raw files, or a table.")
    task = PredictTask(
        bundle=bundle.path,
        manifest=manifest_hash(bundle.folder),
        root=source,
        output=Path(),
        settings=bundle.origin.prepare,
        contract=bundle.contract,
    )
    if DeltaTable.is_deltatable(*delta_address(source)):
        return _table_task(bundle, task)
    if bundle.contract.windows is not None:
        raise DataError(f"The bundle predicts from windows, but {source} is not a table; prepare the rows first.")
    _require_cleaning(bundle)
    files = sorted(_files(source))
    if not files:
        raise DataError(f"The input {source} holds no files.")
    groups = range(0, len(files), FILES_PER_PART)
    return task, [Part(i, tuple(files[at : at + FILES_PER_PART])) for i, at in enumerate(groups)]


def _records_task(bundle: bundles.Bundle, source: Path, columns: TextColumns) -> tuple[PredictTask, list[Part]]:
    _require_cleaning(bundle)
    settings = bundle.origin.prepare
    column, options = columns.text or bundle.origin.text_column, {**bundle.origin.reader_options, **columns.options}
    records = RecordFile(source, settings.text, column, columns.identity, options)
    ranges = records.ranges()
    if not ranges:
        raise DataError(f"The input {source} holds no records.")
    task = PredictTask(
        bundle=bundle.path,
        manifest=manifest_hash(bundle.folder),
        root=source.parent,
        output=Path(),
        settings=settings,
        contract=bundle.contract,
        records=records,
    )
    return task, [Part(number, range=record_range) for number, record_range in enumerate(ranges)]


def _require_cleaning(bundle: bundles.Bundle) -> None:
    if bundle.contract.tokenizer and "text" not in bundle.origin.settings:
        raise DataError(
            f"The bundle {bundle.path} does not record how its texts were cleaned, so raw texts cannot be prepared; "
            "train again, or predict a table."
        )


def _table_task(bundle: bundles.Bundle, task: PredictTask) -> tuple[PredictTask, list[Part]]:
    version = read(task.root)
    bundle.require_matching_input(version)
    return replace(task, contract=version.contract), [Part(i, shard=shard) for i, shard in enumerate(version.shards)]


def _files(root: Path) -> Iterator[str]:
    """Yield every file below `root`, relative to it; links are followed, hidden files are skipped."""
    if is_remote(root):
        yield from (file.path for file in files_below(root) if not re.search(r"(^|/)\.", file.path))
        return
    folders: list[tuple[str, tuple[str, ...]]] = [("", (os.path.realpath(root),))]
    while folders:
        below, above = folders.pop()
        for name, is_folder in _entries(root / below):
            path = os.path.join(below, name)
            if not is_folder:
                yield path
                continue
            real_path = os.path.realpath(root / path)
            if real_path in above:
                raise DataError(f"The input {root / path} links back to a parent folder; remove the link.")
            folders.append((path, (*above, real_path)))


def _entries(folder: Path) -> list[tuple[str, bool]]:
    """Return the names in `folder`, and whether each is a folder."""
    try:
        with os.scandir(folder) as entries:
            return [(entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise DataError(f"The input {folder} cannot be listed ({error.strerror}); fix or remove it.") from error
