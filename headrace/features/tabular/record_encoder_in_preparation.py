"""Encode rows: checked cells in the first stage, numbers in the second."""

import json
from collections.abc import Mapping
from enum import StrEnum

import numpy as np

from headrace.config.configuration_model import Configuration, Prepare
from headrace.config.sections.inputs.tabular import Tabular
from headrace.contract import Column
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.tabular.parse_row_cells import interpret_cells
from headrace.prepare.arrow_schema_and_columns import IDENTITY, record_columns
from headrace.prepare.encoders.content_hash_and_split import text_hash
from headrace.prepare.encoders.label_encoder_interface import label_encoder_module
from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.encoders.number_notation_and_float32_warnings import SAMPLE
from headrace.prepare.encoders.record_encoder_in_preparation_interface import Row
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawRecord

# The first stage's column of checked cells, and the second's of numbers.
CELLS, ROW = "cells", "row"


def staged_columns(settings: Prepare) -> dict[str, Column]:
    """Return the columns of checked rows whose categories have no ids yet."""
    return record_columns({CELLS: IDENTITY}, settings)


def row_columns(spec: TabularSpec, settings: Prepare) -> dict[str, Column]:
    """Return the columns of the final shards."""
    column = Column(role="input", codec="raw", dtype="float32", shape=(len(spec.names),))
    return record_columns({ROW: column}, settings)


def input_specs(
    configuration: Configuration, statistics: Statistics | None, fitted: Mapping[str, InputSpec]
) -> Mapping[str, InputSpec]:
    """See `RawRecordEncoderInterface`; all of it is fitted."""
    return fitted


def make_encoder(settings: Prepare) -> "RowEncoder":
    """See `RawRecordEncoderInterface`."""
    return RowEncoder(settings)


class RowEncoder:
    """Encoder of rows of numbers and categories; the second stage numbers the categories."""

    payload_columns = (CELLS,)

    def __init__(self, settings: Prepare) -> None:
        self.columns = staged_columns(settings)
        self.max_bytes = settings.text.max_bytes
        self._spec = settings.tabular_spec
        self._label_text = label_encoder_module(settings.task).content_text
        self._sample = NumberSample(self._spec)

    def row(self, record: RawRecord) -> Row:
        """See `RecordEncoder`.

        The content of a row includes its label: rows that are equal in a few columns are not copies of one record.
        """
        if isinstance(record.data, np.ndarray):
            raise RejectedRecordError(Reason.BAD_VALUE, "the record is not a row of numbers and categories")
        data = record.data.decode() if isinstance(record.data, bytes) else record.data
        given = json.loads(data)
        cells = interpret_cells(given, self._spec).as_text()
        self._sample.add(given, record.reject_path or record.path)
        return {CELLS: cells, "content_hash": text_hash(f"{cells}\0{self._label_text(record.label or '')}")}

    def take_observations(self) -> Observations:
        """See `RecordEncoder`."""
        return self._sample.take_observations()


class RowFinding(StrEnum):
    """What is found in a row, as the end of a sentence."""

    EMPTY = "no value in any column, and so the means of training alone and unknown categories"


class NumberSample:
    """Notes how the numbers of the first rows are written, and rows without any value."""

    def __init__(self, spec: Tabular) -> None:
        self._spec = spec
        self._observations = Observations()
        self._rows = 0

    def add(self, cells: Mapping[str, str | None], path: str) -> None:
        """Note the numbers of a row, as they are in its cells, and whether all of its cells are empty."""
        self._rows += 1
        if not any(map(normalize_label, cells.values())):
            self._observations.add_findings("row", [RowFinding.EMPTY], path)
        if self._rows <= SAMPLE:
            for name in self._spec.numbers:
                if cell := cells[name]:
                    self._observations.add_number(f"The numbers of {name!r}", cell)

    def take_observations(self) -> Observations:
        """Return what was noted since the last call."""
        taken, self._observations, self._rows = self._observations, Observations(), 0
        return taken
