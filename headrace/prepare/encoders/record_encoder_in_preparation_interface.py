"""Encoders of records for the first stage, whose images and windows are final and whose texts are clean."""

from collections.abc import Mapping
from typing import Any, Protocol

from headrace.config.configuration_model import Configuration, Prepare
from headrace.contract import Column
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.features.input_kind_loader import input_module
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.sources.raw_file_and_record import RawRecord

Row = dict[str, Any]


class RecordEncoder(Protocol):
    """Encoder of records of one kind of input.

    Attributes:
        columns: columns of the shards that the first stage writes.
        payload_columns: columns of the input, whose bytes dominate the size of a shard.
        max_bytes: maximum size of a raw record.
    """

    columns: dict[str, Column]
    payload_columns: tuple[str, ...]
    max_bytes: int

    def row(self, record: RawRecord) -> Row:
        """Return all columns of a record except path, label and weight.

        Raises:
            RejectedRecordError: the record is unusable.
        """

    def take_observations(self) -> Observations:
        """Return what was found in the records since the last call."""


class RawRecordEncoderInterface(Protocol):
    """The module `record_encoder_in_preparation` of an input kind."""

    def make_encoder(self, settings: Prepare) -> RecordEncoder:
        """Return the encoder of the first stage."""

    def input_specs(
        self, configuration: Configuration, statistics: Statistics | None, fitted: Mapping[str, InputSpec]
    ) -> Mapping[str, InputSpec]:
        """Return specification of each input in the contract, by the name of its column.

        Args:
            statistics: statistics of the input; None where they are part of `fitted`, or there are none.
            fitted: what `FitOnTrainingSplitInterface.fit` returned.
        """


def encoder_for(settings: Prepare) -> RecordEncoder:
    """Return the encoder for `prepare.input`."""
    return record_encoder_module(settings.input).make_encoder(settings)


def record_encoder_module(kind: str) -> RawRecordEncoderInterface:
    """Return the module `record_encoder_in_preparation` of the input kind `kind`."""
    module: RawRecordEncoderInterface = input_module(kind, "record_encoder_in_preparation")
    return module
