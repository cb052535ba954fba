"""Divide the inputs of a prediction into parts, one for each task."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from deltalake import DeltaTable

from headrace.bundle import Bundle
from headrace.contract import Contract
from headrace.errors import ConfigurationError, DataError
from headrace.predict.input_files import STDIN, Input, InputFile, Inputs, common_pattern, find_inputs
from headrace.predict.predict_task import PredictionPart
from headrace.predict.raw_file_prediction_interface import RawFilePredictionInterface, raw_file_prediction_module
from headrace.predict.records import record_file_reader
from headrace.predict.records.record_file_reader import Record, RecordFile, TextColumns, open_records
from headrace.predict.records.standard_input import read_file, stdin_records
from headrace.prepare.sources.tables.listing.lakehouse_table_refusal import require_plain_files
from headrace.table import Version, read
from headrace.table.open_or_refuse_delta_table import delta_address
from headrace.wording import escape_path

FILES_PER_PART = 1024


@dataclass(frozen=True, kw_only=True)
class PredictionPlan:
    """The inputs to predict, divided into parts.

    Attributes:
        parts: in the order of the inputs.
        contract: of the table, or of the bundle for raw files.
        taken_for: kinds of the inputs, sorted: images, texts (one per file), lines, csv, json, parquet, orc, table.
        table: folder of the table; None for raw files.
        skipped: number of hidden files and files of operating systems.
        limited: whether the limit leaves out records.
    """

    parts: tuple[PredictionPart, ...]
    contract: Contract
    taken_for: tuple[str, ...]
    table: Path | None = None
    skipped: int = 0
    limited: bool = False


def plan_prediction(
    bundle: Bundle, sources: Sequence[Path], columns: TextColumns, limit: int | None = None
) -> PredictionPlan:
    """Return the plan for raw files, a table or files of records.

    Args:
        limit: maximum number of records, the first ones.

    Raises:
        ConfigurationError: the inputs do not go together, or a file of records has no such column.
        DataError: an input is missing, empty or damaged, or does not fit the bundle.
    """
    inputs = find_inputs(sources)
    table = next((one.path for one in inputs.inputs if one.is_folder and _is_table(one.path)), None)
    if table is not None:
        if len(inputs.inputs) > 1:
            raise ConfigurationError(f"The input {table} is a table, which is predicted alone; name no other input.")
        _require_no_columns(columns, f"the rows of the table {table}")
        return _plan_table(bundle, table.absolute(), limit)
    feature = bundle.contract.feature
    if not feature.is_file and not feature.is_cell:
        raise DataError(
            f"The bundle predicts from {feature.noun}, which `headrace predict` takes from a prepared table, and "
            f"{inputs} is not one. Prepare the rows with the configuration of the training into a table of their own, "
            "`headrace prepare CONF data.source.path=ROWS data.table=NEW`, and predict NEW; a window whose value to "
            "predict lies after the last row is not in it."
        )
    if feature.is_cell:
        _require_cleaning(bundle)
        if not inputs.are_folders():
            return _plan_records(bundle, inputs, columns, limit)
        if not feature.is_file:
            raise DataError(
                f"The bundle predicts from {feature.noun}, and {inputs} is a folder that is no table; name its files"
                f"{_example(inputs.inputs[0].path)}."
            )
    _require_no_columns(columns, f"a file of {inputs}")
    return _plan_files(bundle, inputs, limit)


def _example(folder: Path) -> str:
    """Return a pattern that matches the files of a folder which most of them are like; without any, what is read."""
    pattern = common_pattern(folder)
    if pattern is None:
        return f": those that end with .csv, .jsonl or .parquet, of which {folder} holds none"
    return f", for example '{folder}/{pattern}'"


def _require_no_columns(columns: TextColumns, record: str) -> None:
    if columns != TextColumns():
        raise ConfigurationError(
            f"--column, --id and --option are of files of many texts, and a record is {record}; leave them out."
        )


def _is_table(folder: Path) -> bool:
    return bool(DeltaTable.is_deltatable(*delta_address(folder)))


def _plan_table(bundle: Bundle, table: Path, limit: int | None) -> PredictionPlan:
    version = read(table)
    bundle.require_matching_input(version)
    parts = tuple(_shards(version, limit))
    return PredictionPlan(
        parts=parts,
        contract=version.contract,
        taken_for=("table",),
        table=table,
        limited=limit is not None and limit < sum(shard.rows for shard in version.shards),
    )


def _shards(version: Version, limit: int | None) -> Iterator[PredictionPart]:
    left = sum(shard.rows for shard in version.shards) if limit is None else limit
    for number, shard in enumerate(version.shards):
        if left > 0:
            yield PredictionPart(number, shard=shard, rows=left if left < shard.rows else None)
        left -= shard.rows


def _plan_files(bundle: Bundle, inputs: Inputs, limit: int | None) -> PredictionPlan:
    files, skipped = inputs.files(texts=bundle.contract.feature.is_text)
    _raw_files(bundle).require_single_records(files)
    used = [_with_stdin(file, bundle) for file in files[:limit]]
    groups = range(0, len(used), FILES_PER_PART)
    return PredictionPlan(
        parts=tuple(PredictionPart(number, tuple(used[at : at + FILES_PER_PART])) for number, at in enumerate(groups)),
        contract=bundle.contract,
        taken_for=(bundle.contract.feature.noun,),
        skipped=skipped,
        limited=len(used) < len(files),
    )


def _raw_files(bundle: Bundle) -> RawFilePredictionInterface:
    return raw_file_prediction_module(bundle.contract.input_kind)


def _with_stdin(file: InputFile, bundle: Bundle) -> InputFile:
    """Return the file, with its bytes if it is standard input."""
    if file.path == STDIN:
        return file._replace(data=read_file(_raw_files(bundle).limits(bundle.origin.prepare).max_bytes))
    return file


def _require_cleaning(bundle: Bundle) -> None:
    if ("inputs" if bundle.contract.is_record else bundle.contract.input_kind) not in bundle.origin.settings:
        raise DataError(
            f"The bundle {bundle.path} does not record how its inputs were prepared, so raw ones cannot be prepared; "
            "train again, or predict a table."
        )


def _plan_records(bundle: Bundle, inputs: Inputs, columns: TextColumns, limit: int | None) -> PredictionPlan:
    parts, kinds, left = list[PredictionPart](), set[str](), limit
    limited = False
    require_plain_files(one.path.absolute() for one in inputs.inputs if not one.is_stdin)
    for one in inputs.inputs:
        with _opened(one, bundle, columns) as file:
            kinds.add(file.kind)
            name = escape_path(one.prefix + one.path.name)
            if limit is None and not one.is_stdin:
                parts += (PredictionPart(0, range=part, record_file=file, name=name) for part in file.ranges())
                continue
            records = (record for part in file.ranges() for record in file.records(part))
            given = tuple(records if left is None else islice(records, left))
            # One more record shows whether the limit leaves out any.
            limited = limited or next(records, None) is not None
            left = None if left is None else left - len(given)
            parts += (PredictionPart(0, records=chunk, name=name) for chunk in _chunks(given))
    if not parts:
        raise DataError(f"The input {inputs} holds no records.")
    return PredictionPlan(
        parts=tuple(part._replace(number=number) for number, part in enumerate(parts)),
        contract=bundle.contract,
        taken_for=tuple(sorted(kinds)),
        skipped=inputs.skipped,
        limited=limited,
    )


@contextmanager
def _opened(one: Input, bundle: Bundle, columns: TextColumns) -> Iterator[RecordFile]:
    if not one.is_stdin:
        yield open_records(one.path.absolute(), bundle.origin, columns)
        return
    with stdin_records(bundle.origin, columns) as file:
        yield file


def _chunks(records: Sequence[Record]) -> Iterator[tuple[Record, ...]]:
    size = record_file_reader.RECORDS_PER_RANGE
    for begin in range(0, len(records), size):
        yield tuple(records[begin : begin + size])
