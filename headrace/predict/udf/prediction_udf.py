"""A pandas UDF that predicts from columns of a DataFrame, for the DataFrame API, SQL and streams."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
from pyspark.sql.functions import pandas_udf

from headrace.config.configuration_model import Prepare
from headrace.contract import Contract
from headrace.errors import DataError, StoreError
from headrace.predict.input_files import InputFile, raw_file_limits
from headrace.predict.outputs.prediction_columns_interface import ModelOutputs, predicted_fields, predictions_table
from headrace.predict.outputs.prediction_part_output import PredictionOutput
from headrace.predict.predict_batch_of_files_or_records import Batch, predict_raw_inputs
from headrace.predict.predict_task import load_inference
from headrace.predict.records.record_file_reader import Record
from headrace.predict.udf.bundle_broadcast import SharedBundle
from headrace.predict.udf.udf_cells import read_inputs
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.tables.columns_of_one_record import Cells, write_cells
from headrace.prepare.sources.tables.read_table_records_in_spark import file_content
from headrace.spark.arrow_to_spark_type_name import spark_type

REJECTED = "rejected"
LOCAL = re.compile("^file:/+")


class OutputColumn(NamedTuple):
    """A column of predictions: its name and Spark's type."""

    name: str
    type: str


@dataclass(frozen=True, kw_only=True)
class UdfTask:
    """Context that tasks need to predict cells.

    Attributes:
        settings: how raw records are prepared for this model.
        threshold: see `PredictionOutput`.
        folder: working directory of the program, for relative paths.
    """

    bundle: SharedBundle
    settings: Prepare
    threshold: float | None
    folder: str


def output_columns(contract: Contract) -> tuple[OutputColumn, ...]:
    """Return the columns of predictions by the task: label, labels or value; probabilities; the reason of a reject."""
    predicted = (OutputColumn(field.name, spark_type(field.type)) for field in predicted_fields(contract))
    return *predicted, OutputColumn(REJECTED, "string")


def make_prediction_udf(task: UdfTask, contract: Contract) -> Any:
    """Return a function of Spark from columns to a struct of `output_columns`.

    It takes a column of files (bytes, or paths), texts, or cells: a struct, or a column for each name of the contract.
    """
    fields = ", ".join(f"{column.name} {column.type}" for column in output_columns(contract))

    def predict(*columns: pd.Series) -> pd.DataFrame:
        found: pd.DataFrame = predict_columns(task, columns).to_pandas()
        return found

    # Spark computes a deterministic function again for every field that is used.
    return pandas_udf(predict, fields).asNondeterministic()


def predict_columns(task: UdfTask, columns: "Sequence[pd.Series | pd.DataFrame]") -> pa.Table:
    """Return the predictions for the rows of `columns`, in their order; a rejected row has only the reason."""
    inference = load_inference(task.bundle.folder(), task.bundle.manifest)
    contract = inference.contract
    cells = read_inputs(columns, Cells.of(task.settings), contract)
    # Of rows without a file; those without a usable record are found next.
    rejected: dict[int, RejectedRecordError] = {}
    output = predict_raw_inputs(_batch(task, contract, cells, rejected), task.settings, inference)
    output.threshold = task.threshold
    for row, rejection in rejected.items():
        output.reject(str(row), rejection)
    return _in_order(output, len(cells), contract)


def _batch(task: UdfTask, contract: Contract, cells: list[Any], rejected: dict[int, RejectedRecordError]) -> Batch:
    """Return the cells as records or files, numbered by their rows; rows without a file are added to `rejected`."""
    if contract.feature.is_cell:
        known = Cells.of(task.settings)
        return Batch(records=[_record(number, cell, known) for number, cell in enumerate(cells)])
    files = []
    for number, cell in enumerate(cells):
        try:
            files.append(InputFile(Path(), str(number), data=_file(task, cell)))
        except RejectedRecordError as rejection:
            rejected[number] = rejection
    return Batch(files=tuple(files))


def _record(number: int, cell: Any, cells: Cells) -> Record:
    if cell is None:
        return Record(number, "", rejection=RejectedRecordError(Reason.EMPTY, "the cell is empty"))
    try:
        return Record(number, write_cells(cell, cells) if isinstance(cell, dict) else cell)
    except RejectedRecordError as rejection:
        return Record(number, "", rejection=rejection)


def _file(task: UdfTask, cell: Any) -> bytes:
    """Return the bytes of the file in a cell, or at the path in it.

    Raises:
        RejectedRecordError: the cell is empty, or the file is missing, too large or cannot be read.
    """
    if cell is None:
        raise RejectedRecordError(Reason.EMPTY, "the cell is empty")
    if not isinstance(cell, str):
        return bytes(cell)
    limit = raw_file_limits(task.settings).max_bytes
    try:
        content, rejection = file_content(task.folder, LOCAL.sub("/", cell), limit)
    except (DataError, StoreError) as error:
        # It is one row's: the others are predicted.
        raise RejectedRecordError(Reason.MISSING_FILE, str(error)) from None
    if rejection is not None:
        raise rejection
    return content


def _in_order(output: PredictionOutput, rows: int, contract: Contract) -> pa.Table:
    """Return the predictions by row, and nothing but the reason for a rejected one."""
    predicted = predictions_table(
        ModelOutputs(output.paths, output.batches, contract.classes, output.threshold), contract
    )
    places: list[int | None] = [None] * rows
    for at, row in enumerate(output.lines if output.lines is not None else map(int, output.paths)):
        places[row] = at
    reasons: list[str | None] = [None] * rows
    for reject in output.rejects:
        reasons[int(reject["path"].rpartition(":")[2])] = f"{reject['reason']}: {reject['detail']}"
    columns = {name: predicted[name].take(pa.array(places, pa.int64())) for name in predicted.column_names[1:]}
    return pa.table(columns | {REJECTED: pa.array(reasons, pa.string())})
