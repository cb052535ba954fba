"""Section of a report with the evaluation of a model that predicts vectors."""

from headrace.html.line_chart import Tick
from headrace.report.evaluation.mistake_with_input import MistakeWithInput, NumberEvaluation, with_enlargement
from headrace.report.evaluation.report_section_base import EvaluationView
from headrace.report.evaluation.report_section_interface import Headline
from headrace.report.frozen_json_model import JsonRecord
from headrace.targets.regression.report_section import Bar, histogram_bars, histogram_ticks
from headrace.wording import number, quantity

# Components that the page shows, those of the largest errors.
MAX_COMPONENTS = 40


class VectorMistake(MistakeWithInput):
    """A row of a large error, with the component that is farthest off, and its true and predicted value."""

    error: float
    component: int
    value: float
    predicted: float


class RowErrors(JsonRecord):
    """Histogram of the errors of rows, and quantiles of them by their share of rows."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    quantiles: dict[str, float]


class Component(JsonRecord):
    """Metrics of one component; R squared is None of one that is the same in all rows."""

    mean_absolute_error: float
    root_mean_squared_error: float
    r_squared: float | None = None


class VectorEvaluation(NumberEvaluation):
    """Evaluation of a model that predicts vectors."""

    baselines: dict[str, dict[str, float]]
    components: tuple[Component, ...]
    row_errors: RowErrors
    worst: tuple[VectorMistake, ...] = ()


class VectorAssessment(EvaluationView[VectorEvaluation]):
    """An evaluation and the values derived from it."""

    @property
    def headline(self) -> Headline:
        """Root mean squared error, and R squared."""
        metrics = self.evaluation.metrics
        note = f"R² {number(metrics['r_squared'])} on {quantity(self.rows, 'row')}"
        return Headline("Root mean squared error", number(metrics["root_mean_squared_error"]), note)

    @property
    def bars(self) -> list[Bar]:
        """The histogram of the errors of rows."""
        return histogram_bars(self.evaluation.row_errors.edges, self.evaluation.row_errors.counts)

    @property
    def ticks(self) -> list[Tick]:
        """Ticks at 0, at the median and at the largest error."""
        edges = self.evaluation.row_errors.edges
        return histogram_ticks(edges, (edges[0], self.evaluation.row_errors.quantiles["0.5"], edges[-1]))

    @property
    def components(self) -> list[tuple[int, Component]]:
        """The components of the largest errors, by their index."""
        ranked = sorted(enumerate(self.evaluation.components), key=lambda pair: -pair[1].root_mean_squared_error)
        return ranked[:MAX_COMPONENTS]

    @property
    def worst(self) -> list[tuple[VectorMistake, bool]]:
        """The rows with the largest errors, and whether their image is shown enlarged."""
        return with_enlargement(self.evaluation.worst)


RECORD = VectorEvaluation


def assess(evaluation: VectorEvaluation) -> VectorAssessment:
    """See `ReportSectionInterface`."""
    return VectorAssessment(evaluation)
