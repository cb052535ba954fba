"""The page's evaluation of a classifier: accuracy with its interval, confusion matrix, worst mistakes."""

from dataclasses import dataclass

from pydantic import model_validator

from headrace.html.small_image_check import is_pixelated
from headrace.html.template_filters import count, percent
from headrace.report.evaluation.class_curves_averages_and_slices import PerClass
from headrace.report.evaluation.evaluation_schema import ClassEvaluation
from headrace.report.evaluation.report_section_interface import Headline
from headrace.report.frozen_json_model import JsonRecord
from headrace.wilson_interval import wilson
from headrace.wording import quantity

MAX_CLASSES_IN_MATRIX = 30
MAX_MISTAKES = 24
MAX_CONFUSIONS = 20


class ReportedMistake(JsonRecord):
    """A wrongly classified row; `label` and `predicted` are class names or class indices."""

    path: str
    label: str | int
    predicted: str | int
    probability: float
    label_probability: float
    png: str | None = None
    text: str | None = None


class Evaluation(ClassEvaluation):
    """Evaluation of a single-label classifier; `confusion[true][predicted]` counts rows, in the order of `classes`."""

    confusion: tuple[tuple[int, ...], ...]
    worst: tuple[ReportedMistake, ...] = ()

    @model_validator(mode="after")
    def _square(self) -> "Evaluation":
        size = len(self.classes)
        if [len(row) for row in self.confusion] != [size] * size:
            raise ValueError(f"the confusion matrix must have {size} rows of {size} counts, one per class")
        if not any(map(any, self.confusion)):
            raise ValueError("the confusion matrix must count at least one row")
        return self


@dataclass(frozen=True)
class Cell:
    """A cell of the confusion matrix; `shade` is 0 to 1, `text` describes it."""

    rows: int
    shade: float
    right: bool
    text: str


@dataclass(frozen=True)
class Confusion:
    """Number of rows of one class that were predicted as another; `share` is the fraction of the true class's rows."""

    label: str
    predicted: str
    rows: int
    share: float


@dataclass(frozen=True)
class ShownMistake:
    """A mistake with the names of its classes."""

    mistake: ReportedMistake
    label: str
    predicted: str

    @property
    def pixelated(self) -> bool:
        """Return whether the image is small and shown enlarged."""
        return is_pixelated(self.mistake.png)


@dataclass(frozen=True)
class ClassificationAssessment:
    """An evaluation and the values derived from it."""

    evaluation: Evaluation

    @property
    def rows(self) -> int:
        """Number of evaluated rows."""
        return sum(map(sum, self.evaluation.confusion))

    @property
    def headline(self) -> Headline:
        """Accuracy with its interval."""
        low, high = (percent(end, self.rows) for end in self.interval)
        note = f"95% interval {low} to {high}, {count(self.right)} of {quantity(self.rows, 'row')} correct"
        return Headline("Accuracy", percent(self.accuracy, self.rows), note)

    @property
    def right(self) -> int:
        """Number of correctly classified rows."""
        return sum(row[index] for index, row in enumerate(self.evaluation.confusion))

    @property
    def accuracy(self) -> float:
        """Accuracy, 0 to 1."""
        return self.right / self.rows

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of the accuracy."""
        return wilson(self.right, self.rows)

    @property
    def most_frequent(self) -> tuple[str, float, int]:
        """The first of the largest classes, the accuracy of always predicting it, and how many are as large."""
        sizes = [sum(row) for row in self.evaluation.confusion]
        largest = max(sizes)
        return self.evaluation.classes[sizes.index(largest)], largest / self.rows, sizes.count(largest)

    @property
    def by_class(self) -> PerClass:
        """Scores, curves and slices by class."""
        return PerClass(self.evaluation)

    @property
    def matrix(self) -> dict[str, list[Cell]] | None:
        """Cells by true class; None if there are too many classes to draw."""
        evaluation = self.evaluation
        if len(evaluation.classes) > MAX_CLASSES_IN_MATRIX:
            return None
        return {label: self._cells(index) for index, label in enumerate(evaluation.classes)}

    @property
    def confusions(self) -> list[Confusion]:
        """The most frequent confusions, largest first."""
        classes, confusions = self.evaluation.classes, []
        for label, row in zip(classes, self.evaluation.confusion, strict=True):
            pairs = ((name, rows) for name, rows in zip(classes, row, strict=True) if rows and name != label)
            confusions += [Confusion(label, name, rows, rows / sum(row)) for name, rows in pairs]
        return sorted(confusions, key=lambda pair: -pair.rows)[:MAX_CONFUSIONS]

    @property
    def worst(self) -> list[ShownMistake]:
        """The most confident mistakes."""
        mistakes = self.evaluation.worst[:MAX_MISTAKES]
        return [ShownMistake(mistake, self._name(mistake.label), self._name(mistake.predicted)) for mistake in mistakes]

    def _cells(self, index: int) -> list[Cell]:
        label, row = self.evaluation.classes[index], self.evaluation.confusion[index]
        total = sum(row)
        cells = []
        for name, rows in zip(self.evaluation.classes, row, strict=True):
            share = rows / total if total else 0.0
            outcome = "predicted correctly" if name == label else f"predicted as {name}"
            text = f"{label} {outcome}: {count(rows)} of {count(total)}, {percent(share, total)}"
            # The square root makes the few mistakes of a good model distinguishable from none.
            cells.append(Cell(rows, round(share**0.5, 3), name == label, text))
        return cells

    def _name(self, label: str | int) -> str:
        return self.evaluation.classes[label] if isinstance(label, int) else label


RECORD = Evaluation


def assess(evaluation: Evaluation) -> ClassificationAssessment:
    """See `ReportSectionInterface`."""
    return ClassificationAssessment(evaluation)
