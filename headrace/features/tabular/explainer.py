"""Explain predictions for rows: the effect of each column."""

from pathlib import Path

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
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.tabular.parse_row_cells import RowCells
from headrace.features.tabular.record_encoder_in_prediction import make_preparer
from headrace.features.tabular.vocabulary_encoding import MISSING, load_vocabulary
from headrace.prepare.kept_record_findings import Observations

WORDS = ExplanationWords(
    noun="row",
    legend="Each part is a column with its value; a value that the network does not know is (unknown).",
    occlusion="replaces one column at a time, a number by the mean of the training split and a category by a missing "
    "value, and shows how much the score decreases. It needs only predictions, no gradients. Its values do not add up: "
    "if two columns say the same, each compensates for the loss of the other. A number that equals the mean has none, "
    "and neither has a missing category.",
)


def read_inputs(bundle: Bundle, source: Path, options: ExplainOptions) -> RawInputs:
    """See `ExplainerInterface`."""
    return raw_rows(source, bundle.origin, options, "rows are")


def make_explainer(bundle: Bundle, inference: Inference, options: ExplainOptions) -> "RowExplainer":
    """See `ExplainerInterface`."""
    return RowExplainer(bundle, inference, options)


class RowExplainer:
    """Explains rows of numbers and categories with one bundle.

    Attributes:
        missing: reasons why methods that fit rows cannot explain this network; none.
        observations: what was found in the explained inputs.
    """

    def __init__(self, bundle: Bundle, inference: Inference, options: ExplainOptions) -> None:
        self._contract, self._inference = bundle.contract, inference
        self._preparer = make_preparer(bundle.origin.prepare)
        self._layout = TabularSpec.of(bundle.contract)
        self._vocabulary = load_vocabulary(bundle.path, self._layout)
        self._class = options.class_number(bundle.contract)
        options.methods(bundle.contract)
        self.missing: dict[str, str] = {}
        self.observations = Observations()

    def explain(self, raw: RawInput) -> Explanation:
        """Return the explanation of one row.

        Raises:
            RejectedRecordError: a cell cannot be used.
        """
        cells = self._preparer.prepare(raw.content.decode(), raw.path)
        self.observations.update(self._preparer.take_observations())
        rows = self._vocabulary.encode([cells], self._layout.statistics)
        self._vocabulary.observe([cells], rows, self._layout, self.observations)
        row = rows[0]
        prediction = ExplainedPrediction.select(self._contract, self._inference.predict(row[None])[0], self._class)
        decreases = without_columns(self._inference, row, prediction.class_number)
        return Explanation(
            raw.path, prediction, None, (Rendering("occlusion", spans=self._spans(row, cells, decreases)),)
        )

    def _spans(self, row: NDArray[np.float32], cells: RowCells, decreases: NDArray[np.float64]) -> list[TokenSpan]:
        """Return the columns with their values, and spaces between them."""
        largest = float(np.abs(decreases).max(initial=0.0)) or 1.0
        spans: list[TokenSpan] = []
        described = self._vocabulary.describe(row, self._layout, cells)
        for (name, value), decrease in zip(described.items(), decreases.tolist(), strict=True):
            spans += [TokenSpan(f"{name}: {value}", decrease, round(abs(decrease) / largest, 3)), TokenSpan("   ")]
        return spans[:-1]


def without_columns(inference: Inference, row: NDArray[np.float32], class_number: int | None) -> NDArray[np.float64]:
    """Return by how much the score decreases when a column has its mean or a missing value instead: (columns,)."""
    spec = TabularSpec.of(inference.contract)
    nothing = np.array([*spec.statistics.mean, *(MISSING for _ in spec.categories)], np.float32)
    rows = np.tile(row, (len(row) + 1, 1))
    rows[np.arange(1, len(row) + 1), np.arange(len(row))] = nothing
    return score_decreases(inference, rows, class_number)
