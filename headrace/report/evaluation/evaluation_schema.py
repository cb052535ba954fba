"""Schema of BUNDLE/evaluation/SPLIT.json."""

from headrace.report.frozen_json_model import JsonRecord
from headrace.targets.target_kind_traits import TaskType


class Scores(JsonRecord):
    """Scores of one class: fractions, and `support` in rows; areas are None if undefined.

    Attributes:
        counts: true positives, false positives and false negatives; None unless the task is multi_label.
    """

    precision: float
    recall: float
    f1: float
    support: int
    roc_auc: float | None = None
    average_precision: float | None = None
    intervals: dict[str, tuple[float, float]] = {}
    counts: tuple[int, int, int] | None = None


class SliceMetrics(JsonRecord):
    """Metrics of one slice of the rows."""

    name: str
    rows: int
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]] = {}


class Bin(JsonRecord):
    """Rows with a confidence above `low` and at most `high`: mean confidence and accuracy."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


class DrawnCurve(JsonRecord):
    """ROC and precision-recall curves of one class against the rest: their points and their exact areas."""

    roc_auc: float
    average_precision: float
    roc: tuple[tuple[float, float], ...]
    precision_recall: tuple[tuple[float, float], ...]


class OverlapWithTraining(JsonRecord):
    """Number of evaluated rows that were also training rows, number of all rows, and the path of one."""

    rows: int
    total: int
    example: str


class TaskEvaluation(JsonRecord):
    """The fields that BUNDLE/evaluation/SPLIT.json has in every task."""

    task: TaskType = "classification"
    split: str
    table: str
    version: int
    rows: int
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]] = {}
    slices: dict[str, tuple[SliceMetrics, ...]] = {}
    trained_on: OverlapWithTraining | None = None
    seconds: float
    command: str


class ClassEvaluation(TaskEvaluation):
    """Evaluation of a classifier, with one or many classes per row."""

    classes: tuple[str, ...]
    per_class: dict[str, Scores]
    calibration: tuple[Bin, ...] = ()
    curves: dict[str, DrawnCurve] = {}
