"""Predict raw texts, cleaned and tokenised as in training."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from headrace.config.configuration_model import Prepare, Text
from headrace.features.text.contract_spec import TextSpec
from headrace.features.text.record_encoder_in_preparation import clean_text
from headrace.predict.outputs.prediction_part_output import PredictionOutput
from headrace.predict.records.predict_rows_and_lines import RecordBatcher
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference


def predict_texts(
    texts: Iterable[tuple[str, Callable[[], bytes]]], settings: Prepare, inference: "Inference"
) -> PredictionOutput:
    """Predict files of one text each, given their paths and a function that reads them."""
    output, batcher = PredictionOutput(), RecordBatcher(settings, inference)
    for path, read in texts:
        try:
            batcher.add(read(), path, output)
            output.paths.append(path)
        except RejectedRecordError as rejection:
            output.reject(path, rejection)
    batcher.flush(output)
    return output


def make_preparer(settings: Prepare) -> "TextPreparer":
    """See `PredictionEncoderInterface`."""
    return TextPreparer(settings.text)


class TextPreparer:
    """Cleans texts."""

    def __init__(self, spec: Text) -> None:
        self._spec = spec
        self._observations = Observations()

    def prepare(self, cell: str | bytes, path: str) -> str:
        """See `RecordPreparer`."""
        _require_size(cell, self._spec)
        doubtful: list[str] = []
        text = clean_text(cell, self._spec, doubtful)
        self._observations.add_markup(doubtful, path)
        return text

    def take_observations(self) -> Observations:
        """See `RecordPreparer`."""
        taken, self._observations = self._observations, Observations()
        return taken


def encode(records: list[str], inference: "Inference", observations: Observations) -> dict[str, list[bytes]]:
    """See `PredictionEncoderInterface`."""
    # Tokenizers are imported only where there are texts.
    from headrace.prepare.text import tokenizer

    name, _ = inference.contract.named("input")
    return {name: tokenizer.encode(records, TextSpec.of(inference.contract).tokenizer, inference.path, observations)}


def _require_size(text: str | bytes, spec: Text) -> None:
    if len(text) > spec.max_bytes:
        raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{len(text)} bytes, the limit is {spec.max_bytes}")
