"""Section of a report with the evaluation of a multi-label model."""

from headrace.html.template_filters import percent
from headrace.report.evaluation.class_curves_averages_and_slices import PerClass
from headrace.report.evaluation.evaluation_schema import ClassEvaluation
from headrace.report.evaluation.mistake_with_input import MistakeWithInput, with_enlargement
from headrace.report.evaluation.report_section_base import EvaluationView
from headrace.report.evaluation.report_section_interface import Headline
from headrace.wording import number, quantity


class MultiLabelMistake(MistakeWithInput):
    """A row with missing or extra labels; `wrong` holds their probabilities."""

    labels: tuple[str, ...]
    predicted: tuple[str, ...]
    wrong: dict[str, float]


class MultiLabelEvaluation(ClassEvaluation):
    """Evaluation of a multi-label model."""

    worst: tuple[MultiLabelMistake, ...] = ()


class MultiLabelAssessment(EvaluationView[MultiLabelEvaluation]):
    """An evaluation and the values derived from it."""

    @property
    def headline(self) -> Headline:
        """Macro F1, and the share of rows with the exact set of labels."""
        metrics = self.evaluation.metrics
        exact = f"{percent(metrics['exact_match'], self.rows)} of {quantity(self.rows, 'row')} match exactly"
        return Headline("Macro F1", number(metrics["macro_f1"]), exact)

    @property
    def by_class(self) -> PerClass:
        """Scores, curves and slices by class."""
        return PerClass(self.evaluation)

    @property
    def worst(self) -> list[tuple[MultiLabelMistake, bool]]:
        """The rows with the most confident wrong labels, and whether their image is shown enlarged."""
        return with_enlargement(self.evaluation.worst)


RECORD = MultiLabelEvaluation


def assess(evaluation: MultiLabelEvaluation) -> MultiLabelAssessment:
    """See `ReportSectionInterface`."""
    return MultiLabelAssessment(evaluation)
