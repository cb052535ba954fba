"""Encode records of several inputs as one column per input; the second stage gives the columns their final values."""

import base64
import json
from collections.abc import Mapping
from typing import NamedTuple

from headrace.config.configuration_model import Configuration, Prepare
from headrace.config.sections.inputs.input_kind_list import NamedInput
from headrace.contract import Column
from headrace.errors import ConfigurationError
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.features.input_kind_loader import input_traits
from headrace.features.multi_input_preparation_interface import (
    MultiInputPreparationInterface,
    multi_input_preparation,
)
from headrace.prepare.arrow_schema_and_columns import record_columns
from headrace.prepare.encoders.content_hash_and_split import text_hash
from headrace.prepare.encoders.record_encoder_in_preparation_interface import RecordEncoder, Row, encoder_for
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawRecord
from headrace.prepare.sources.tables.cells.file_named_by_cell import read_named_file
from headrace.wording import join_names


def input_specs(
    configuration: Configuration, statistics: Statistics | None, fitted: Mapping[str, InputSpec]
) -> Mapping[str, InputSpec]:
    """See `RawRecordEncoderInterface`; all of them are fitted."""
    return fitted


def make_encoder(settings: Prepare) -> "SeveralInputsEncoder":
    """See `RawRecordEncoderInterface`."""
    return SeveralInputsEncoder(settings)


def bookkeeping_name(name: str, column: str) -> str:
    """Return the name in a record of `column`, a bookkeeping column of its input `name`."""
    return f"{name}_{column}"


class InputEncoder(NamedTuple):
    """The encoder of one input, and how a record without it is stored."""

    name: str
    section: NamedInput
    settings: Prepare
    encoder: RecordEncoder
    kind: MultiInputPreparationInterface

    def columns(self) -> dict[str, Column]:
        """Return the columns of the first stage, under the names that a record gives them."""
        others = record_columns({}, self.settings)
        return {self._renamed(name): one for name, one in self.encoder.columns.items() if name not in others}

    def row(self, cells: Mapping[str, str | None], record: RawRecord) -> Row:
        """Return the columns of a record, and `content_hash`, of this input alone.

        Raises:
            RejectedRecordError: the input is unusable, or is missing and must not be.
        """
        data = self._data(cells, record.root)
        # The content of a record is that of its inputs alone, also of kinds that count the label to their content.
        row = self._empty_row() if data is None else self._encode(record._replace(data=data, label=None))
        return {self._renamed(name): value for name, value in row.items()}

    def _encode(self, record: RawRecord) -> Row:
        try:
            return self.encoder.row(record)
        except RejectedRecordError as rejection:
            # A text of tags or spaces only is empty once it is clean; an empty file is not an empty cell.
            if (
                input_traits(self.section.kind).is_text
                and rejection.reason == Reason.EMPTY
                and self.section.missing == "empty"
            ):
                return self._empty_row()
            raise

    def _empty_row(self) -> Row:
        return self.kind.empty_row(self.settings) | {"content_hash": ""}

    def _renamed(self, column: str) -> str:
        if column in self.encoder.payload_columns:
            return self.name
        return column if column == "content_hash" else bookkeeping_name(self.name, column)

    def _data(self, cells: Mapping[str, str | None], root: str) -> str | bytes | None:
        """Return the raw input for the encoder; None for an input that is missing and may be."""
        if input_traits(self.section.kind).has_cells:
            return json.dumps({name: cells[name] for name in self.section.columns})
        (column,) = self.section.columns
        cell = cells[column]
        if not (cell or "").strip():
            if self.section.missing == "empty":
                return None
            raise RejectedRecordError(Reason.EMPTY, f"the column {column} is empty; `missing: empty` accepts it")
        return self._content(str(cell), root)

    def _content(self, cell: str, root: str) -> str | bytes:
        limit = self.encoder.max_bytes
        if self.section.content == "paths":
            return read_named_file(root, cell, limit)
        data = base64.b64decode(cell) if self.section.content == "bytes" else cell
        if len(data) > limit:
            raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{len(data)} bytes, the limit is {limit}")
        return data


def input_encoders(settings: Prepare) -> list[InputEncoder]:
    """Return the encoders of all inputs, in their order."""
    parts = {name: settings.of_input(name) for name in settings.inputs}
    return [
        InputEncoder(name, settings.inputs[name], part, encoder_for(part), multi_input_preparation(part.input))
        for name, part in parts.items()
    ]


class SeveralInputsEncoder:
    """Encoder of records of several inputs."""

    def __init__(self, settings: Prepare) -> None:
        self._inputs = input_encoders(settings)
        self.payload_columns = tuple(one.name for one in self._inputs)
        # Of the text of all cells, where files are in Base64; each input has its own limit too.
        self.max_bytes = 2 * sum(one.encoder.max_bytes for one in self._inputs)
        columns = [one.columns() for one in self._inputs]
        names = [name for part in columns for name in part]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ConfigurationError(f"prepare.inputs needs the column {join_names(repeated)} twice; rename an input.")
        self.columns = record_columns({}, settings) | {name: one for part in columns for name, one in part.items()}

    def row(self, record: RawRecord) -> Row:
        """See `RecordEncoder`.

        Raises:
            RejectedRecordError: an input is unusable; the detail begins with its name.
        """
        if not isinstance(record.data, str):
            raise RejectedRecordError(Reason.BAD_VALUE, "the record is not a row of a table")
        cells, row, hashes = json.loads(record.data), Row(), []
        for one in self._inputs:
            try:
                row |= one.row(cells, record)
            except RejectedRecordError as rejection:
                detail = rejection.detail.replace(f"prepare.{one.section.kind}.", f"prepare.inputs.{one.name}.")
                raise RejectedRecordError(rejection.reason, f"{one.name}: {detail}") from None
            hashes.append(f"{one.name}={row['content_hash']}")
        return row | {"content_hash": text_hash("\0".join(hashes))}

    def take_observations(self) -> Observations:
        """See `RecordEncoder`."""
        total = Observations()
        for one in self._inputs:
            total.update(one.encoder.take_observations())
        return total
