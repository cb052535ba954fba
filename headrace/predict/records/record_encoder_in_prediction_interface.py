"""Interface of input kinds of which a row of a file can be a record to predict."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from headrace.config.configuration_model import Prepare
from headrace.prepare.kept_record_findings import Observations

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference


class RecordPreparer(Protocol):
    """Prepares records as in training, up to what `PredictionEncoderInterface.encode` takes."""

    def prepare(self, cell: str | bytes, path: str) -> Any:
        """Return a prepared record; note what is found in it.

        Args:
            path: of the record in messages.

        Raises:
            RejectedRecordError: the record cannot be used.
        """

    def take_observations(self) -> Observations:
        """Return what was found in the records since the last call."""


class PredictionEncoderInterface(Protocol):
    """The module `record_encoder_in_prediction` of an input kind of which a row of a file can be a record."""

    def make_preparer(self, settings: Prepare) -> RecordPreparer:
        """Return what prepares the records of one task."""

    def encode(
        self, records: list[Any], inference: "Inference", observations: Observations
    ) -> Mapping[str, list[bytes]]:
        """Return the stored inputs of prepared records by the names of their columns; note what is found in them."""
