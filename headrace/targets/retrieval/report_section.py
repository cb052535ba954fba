"""Section of a report with the evaluation of a model that ranks items."""

import math
from dataclasses import dataclass

from headrace.evaluate.item_ranks import BEST, cutoff
from headrace.html.template_filters import metric
from headrace.html.unit_square_chart import Line, UnitChart, path
from headrace.report.evaluation.evaluation_schema import TaskEvaluation
from headrace.report.evaluation.mistake_with_input import MistakeWithInput, with_enlargement
from headrace.report.evaluation.report_section_base import EvaluationView
from headrace.report.evaluation.report_section_interface import Headline
from headrace.report.frozen_json_model import JsonRecord
from headrace.wording import quantity

POPULARITY = "popularity"


class ItemMistake(MistakeWithInput):
    """A row whose true item has a small probability; `best` are the first items."""

    item: str
    rank: int
    probability: float
    best: tuple[str, ...]


class WithoutTrainingRows(JsonRecord):
    """Rows whose true item has no row in the training split, and the number of these items."""

    rows: int
    items: int


class RetrievalEvaluation(TaskEvaluation):
    """Evaluation of a model that ranks items; `items` is their number."""

    items: int
    baselines: dict[str, dict[str, float]]
    without_training_rows: WithoutTrainingRows
    worst: tuple[ItemMistake, ...] = ()


@dataclass(frozen=True)
class RetrievalAssessment(EvaluationView[RetrievalEvaluation]):
    """An evaluation and the values derived from it."""

    @property
    def headline(self) -> Headline:
        """Recall at 10, beside that of the most popular items."""
        name = f"recall_at_{BEST}"
        value, baseline = self.evaluation.metrics[name], self.popularity[name]
        note = f"{metric(baseline, name)} by popularity, {quantity(self.evaluation.items, 'item')}"
        return Headline(f"Recall at {BEST}", metric(value, name), note)

    @property
    def popularity(self) -> dict[str, float]:
        """The metrics of the baseline."""
        return self.evaluation.baselines[POPULARITY]

    @property
    def recalls(self) -> list[tuple[int, str]]:
        """K and the name of each recall."""
        return [(last, name) for name in self.evaluation.metrics if (last := cutoff(name)) is not None]

    @property
    def chart(self) -> UnitChart:
        """Recall over K, on a logarithmic axis from 1 to the largest K: the model's and the baseline's."""
        largest = math.log(max(2, max(last for last, _ in self.recalls)))
        lines = [
            Line(
                path([(math.log(last) / largest, values[name]) for last, name in self.recalls]),
                f"{title}: " + ", ".join(f"{last}: {metric(values[name], name)}" for last, name in self.recalls),
                worst=title == POPULARITY,
            )
            for title, values in (("model", self.evaluation.metrics), (POPULARITY, self.popularity))
        ]
        return UnitChart(
            title="Recall at K",
            note="popularity in orange",
            summary="; ".join(line.text for line in lines),
            across="K, logarithmic",
            up="recall",
            diagonal=False,
            lines=tuple(lines),
            across_ticks=tuple((math.log(last) / largest, str(last)) for last, _ in self.recalls),
        )

    @property
    def worst(self) -> list[tuple[ItemMistake, bool]]:
        """The rows with the least probable true items, and whether their image is shown enlarged."""
        return with_enlargement(self.evaluation.worst)


RECORD = RetrievalEvaluation


def assess(evaluation: RetrievalEvaluation) -> RetrievalAssessment:
    """See `ReportSectionInterface`."""
    return RetrievalAssessment(evaluation)
