"""Prediction of raw texts, cleaned and tokenised as in training, with the bundle's tokenizer."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from headrace.config.configuration import Text
from headrace.features.text.encoding import clean_text
from headrace.predict.output import BATCH, PredictionOutput
from headrace.predict.text_record_file import Record
from headrace.prepare.rejects.rejection import Reason, RejectedRecordError

if TYPE_CHECKING:
    from headrace.inference import Inference


def predict_texts(
    texts: Iterable[tuple[str, Callable[[], bytes]]], spec: Text, inference: "Inference"
) -> PredictionOutput:
    """Predict files of one text each, given their paths and a function that reads them."""
    output, batcher = PredictionOutput(), TextBatcher(inference)
    for path, read in texts:
        try:
            batcher.add(clean_text(read(), spec), output)
            output.paths.append(path)
        except RejectedRecordError as rejection:
            output.reject(path, rejection)
    batcher.flush(output)
    return output


def predict_records(
    name: str, records: Iterable[Record], spec: Text, inference: "Inference", *, has_ids: bool = False
) -> PredictionOutput:
    """Predict the records of the file `name`, in order.

    Args:
        has_ids: whether a column names the records.
    """
    lines: list[int] = []
    ids: list[str] | None = [] if has_ids else None
    output, batcher = PredictionOutput(lines=lines, ids=ids), TextBatcher(inference)
    for record in records:
        try:
            if record.rejection is not None:
                raise record.rejection
            _require_size(record.text, spec)
            batcher.add(clean_text(record.text, spec), output)
            output.paths.append(name)
            lines.append(record.line)
            if ids is not None:
                ids.append(record.identity)
        except RejectedRecordError as rejection:
            output.reject(f"{name}:{record.line}", rejection)
    batcher.flush(output)
    return output


class TextBatcher:
    """Collects clean texts until they fill a batch."""

    def __init__(self, inference: "Inference") -> None:
        self.inference = inference
        self.texts: list[str] = []

    def add(self, text: str, output: PredictionOutput) -> None:
        """Add a text; predict the batch when it is full."""
        self.texts.append(text)
        if len(self.texts) == BATCH:
            self.flush(output)

    def flush(self, output: PredictionOutput) -> None:
        """Predict the collected texts."""
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
