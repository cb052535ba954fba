"""Prediction of raw texts, cleaned and tokenized as in training, with the bundle's tokenizer."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from headrace.config.configuration import Prepare, Text
from headrace.features.text.encoding import clean_text
from headrace.predict.output import BATCH, PredictionOutput
from headrace.prepare.rejects.rejection import Reason, RejectedRecordError

if TYPE_CHECKING:
    from headrace.inference import Inference


def predict_texts(
    texts: Iterable[tuple[str, Callable[[], bytes]]], spec: Text, inference: "Inference"
) -> PredictionOutput:
    """Predict files of one text each, given their paths and a function that reads them."""
    output, batcher = PredictionOutput(), TextBatcher(spec, inference)
    for path, read in texts:
        try:
            batcher.add(read(), output)
            output.paths.append(path)
        except RejectedRecordError as rejection:
            output.reject(path, rejection)
    batcher.flush(output)
    return output


def make_batcher(settings: Prepare, inference: "Inference") -> "TextBatcher":
    """See `RecordPredictionInterface`."""
    return TextBatcher(settings.text, inference)


class TextBatcher:
    """Cleans texts and collects them until they fill a batch."""

    def __init__(self, spec: Text, inference: "Inference") -> None:
        self.spec = spec
        self.inference = inference
        self.texts: list[str] = []

    def add(self, cell: str | bytes, output: PredictionOutput) -> None:
        """See `RecordBatcher`."""
        _require_size(cell, self.spec)
        self.texts.append(clean_text(cell, self.spec))
        if len(self.texts) == BATCH:
            self.flush(output)

    def flush(self, output: PredictionOutput) -> None:
        """See `RecordBatcher`."""
        if not self.texts:
            return
        # Tokenizers are imported only where there are texts.
        from headrace.prepare.text.tokenizer import encode

        contract, bundle = self.inference.contract, self.inference.path
        stored = np.array(encode(self.texts, contract.text_tokenizer, bundle), dtype=object)
        name, _ = contract.named("input")
        output.batches.append(self.inference.predict(self.inference.decode({name: stored}, contract)))
        self.texts = []


def _require_size(text: str | bytes, spec: Text) -> None:
    if len(text) > spec.max_bytes:
        raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{len(text)} bytes, the limit is {spec.max_bytes}")
