"""Explain predictions for records of several inputs: the effect of each input and of its parts."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.bundle import Bundle
from headrace.bundle_inference import Inference
from headrace.explain.attribution.part_and_token_removal import score_decreases
from headrace.explain.explainer_interface import ExplanationWords
from headrace.explain.explanation_of_one_input import ExplainedPrediction, Explanation, Rendering
from headrace.explain.options import ExplainOptions
from headrace.explain.raw_records_to_explain import RawInput, RawInputs, raw_rows
from headrace.explain.token_attribution_spans import TokenSpan
from headrace.features.multi_input_preparation_interface import multi_input_preparation
from headrace.features.several_inputs.input_as_picture_or_text import make_renderer
from headrace.features.several_inputs.record_encoder_in_prediction import encode, make_preparer
from headrace.prepare.kept_record_findings import Observations

WORDS = ExplanationWords(
    noun="record",
    legend="Each input has its name, for the input as a whole, and then its parts: words, or columns with their value.",
    occlusion="leaves out one input at a time, and one word or column at a time, and shows how much the score "
    "decreases. An image becomes black, audio silent, a text empty, a number the mean of the training split and a "
    "category a missing value. It needs only predictions, no gradients. Its values do not add up: if two inputs say "
    "the same, each compensates for the loss of the other.",
)


def read_inputs(bundle: Bundle, source: Path, options: ExplainOptions) -> RawInputs:
    """See `ExplainerInterface`."""
    return raw_rows(source, bundle.origin, options, "records are rows")


def make_explainer(bundle: Bundle, inference: Inference, options: ExplainOptions) -> "RecordExplainer":
    """See `ExplainerInterface`."""
    return RecordExplainer(bundle, inference, options)


class InputPart(NamedTuple):
    """A part of a record: the input that it belongs to, its text on the page, and the input without it."""

    name: str
    text: str
    without: NDArray[Any]
    is_whole: bool = False


class RecordExplainer:
    """Explains records with one bundle.

    Attributes:
        missing: reasons why methods that fit records cannot explain this network; none.
        observations: what was found in the explained inputs.
    """

    def __init__(self, bundle: Bundle, inference: Inference, options: ExplainOptions) -> None:
        self._contract, self._inference, self._folder = bundle.contract, inference, bundle.path
        self._preparer = make_preparer(bundle.origin.prepare)
        self._render = make_renderer(bundle.contract, bundle.path)
        self._class = options.class_number(bundle.contract)
        options.methods(bundle.contract)
        self.missing: dict[str, str] = {}
        self.observations = Observations()

    def explain(self, raw: RawInput) -> Explanation:
        """Return the explanation of one record.

        Raises:
            RejectedRecordError: an input cannot be used.
        """
        staged = self._preparer.prepare(raw.content.decode(), raw.path)
        self.observations.update(self._preparer.take_observations())
        inputs, empty = self._decode(staged)
        outputs = self._inference.predict({name: values[None] for name, values in inputs.items()})[0]
        prediction = ExplainedPrediction.select(self._contract, outputs, self._class)
        parts = self._parts(staged, inputs, empty)
        decreases = score_decreases(self._inference, _variants(inputs, parts), prediction.class_number)
        png = self._render(inputs)["png"]
        return Explanation(
            raw.path,
            prediction,
            None,
            (Rendering("occlusion", spans=_spans(parts, decreases)),),
            original=f"data:image/png;base64,{png}" if png else None,
        )

    def _decode(self, staged: dict[str, Any]) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
        """Return the inputs as the model takes them, and uninformative inputs of the same shapes."""
        stored = encode([staged], self._inference, self.observations)
        for name, contract in self._contract.inputs.items():
            stored[name] += [multi_input_preparation(contract.input_kind).empty_input(contract)]
        columns = {name: np.array(values, dtype=object) for name, values in stored.items()}
        decoded = self._inference.decode(columns, self._contract)
        pairs = {name: np.asarray(values) for name, values in dict(decoded).items()}
        return {name: values[0] for name, values in pairs.items()}, {name: values[1] for name, values in pairs.items()}

    def _parts(
        self, staged: dict[str, Any], inputs: dict[str, NDArray[Any]], empty: dict[str, NDArray[Any]]
    ) -> list[InputPart]:
        """Return each input as a whole, followed by its parts."""
        parts = list[InputPart]()
        for name, contract in self._contract.inputs.items():
            kind = multi_input_preparation(contract.input_kind)
            parts.append(InputPart(name, name, empty[name], is_whole=True))
            found = kind.without_parts(staged[name], inputs[name], contract, self._folder)
            parts += (InputPart(name, text, without) for text, without in found)
        return parts


def _variants(inputs: dict[str, NDArray[Any]], parts: list[InputPart]) -> dict[str, NDArray[Any]]:
    """Return a batch: the record, then the record without each part in turn."""
    rows = {name: np.repeat(values[None], len(parts) + 1, axis=0) for name, values in inputs.items()}
    for row, part in enumerate(parts, 1):
        rows[part.name][row] = part.without
    return rows


def _spans(parts: list[InputPart], decreases: NDArray[np.float64]) -> list[TokenSpan]:
    """Return the inputs and their parts, and spaces between them."""
    largest = float(np.abs(decreases).max(initial=0.0)) or 1.0
    spans = list[TokenSpan]()
    for part, decrease in zip(parts, decreases.tolist(), strict=True):
        if part.is_whole and spans:
            spans.append(TokenSpan("    "))
        spans += [TokenSpan(part.text, decrease, round(abs(decrease) / largest, 3)), TokenSpan("  ")]
    return spans[:-1]
