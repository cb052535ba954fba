"""The files of a run folder as training, evaluation and prediction write them; unknown keys are left alone."""

from pydantic import BaseModel, ConfigDict, model_validator

from headrace.config import Configuration
from headrace.schema import Task


class Record(BaseModel):
    """One JSON file, or a part of one."""

    model_config = ConfigDict(frozen=True)


class Run(Record):
    """run.json: what was asked for."""

    configuration: Configuration
    table: str
    data_version: int
    model_sha256: str
    ranks: int
    global_batch: int
    steps_per_epoch: int
    epochs: int
    parameters: int | None = None
    versions: dict[str, str] = {}
    command: str
    created: str


class Result(Record):
    """result.json: what came of it; times in seconds, rates in samples a second over all ranks."""

    bundle: str
    steps: int
    ranks: int
    weights_sha256: str
    parameters: int | None = None
    seconds: float
    seconds_to_first_step: float | None = None
    samples_per_second: float | None = None
    restarts: int = 0


class Scores(Record):
    """Of one class; fractions, and `support` in rows; areas are None where they are not defined.

    Attributes:
        counts: of multi_label: true positives, false positives, false negatives.
    """

    precision: float
    recall: float
    f1: float
    support: int
    roc_auc: float | None = None
    average_precision: float | None = None
    intervals: dict[str, tuple[float, float]] = {}
    counts: tuple[int, int, int] | None = None


class Mistake(Record):
    """One row that was classified wrongly; `label` and `predicted` are names, or numbers of classes."""

    path: str
    label: str | int
    predicted: str | int
    probability: float
    label_probability: float
    png: str | None = None
    text: str | None = None


class SliceFigures(Record):
    """Of the rows of one part of a column's values."""

    name: str
    rows: int
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]] = {}


class Bin(Record):
    """Rows of a confidence above `low` and at most `high`: its mean, and the share of them that is right."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


class DrawnCurve(Record):
    """Of one class against the rest: points of both curves, and the areas below all of their points."""

    roc_auc: float
    average_precision: float
    roc: tuple[tuple[float, float], ...]
    precision_recall: tuple[tuple[float, float], ...]


class Judgement(Record):
    """BUNDLE/evaluation/SPLIT.json, whatever the task."""

    task: Task = "classification"
    split: str
    table: str
    version: int
    rows: int
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]] = {}
    slices: dict[str, tuple[SliceFigures, ...]] = {}
    seconds: float
    command: str


class Miss(Record):
    """One row whose number was predicted far off."""

    path: str
    value: float
    predicted: float
    png: str | None = None
    text: str | None = None


class Residuals(Record):
    """A histogram of predicted less true, and (true, predicted) of some rows."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    points: tuple[tuple[float, float], ...]


class NumberEvaluation(Judgement):
    """Of a model that predicts numbers."""

    residuals: Residuals
    baselines: dict[str, dict[str, float]] = {}
    worst: tuple[Miss, ...] = ()

    @property
    def has_inputs(self) -> bool:
        """Whether the worst rows come with what the model saw."""
        return any(miss.png or miss.text is not None for miss in self.worst)


class ClassJudgement(Judgement):
    """Of a model that tells classes, one a row or many."""

    classes: tuple[str, ...]
    per_class: dict[str, Scores]
    calibration: tuple[Bin, ...] = ()
    curves: dict[str, DrawnCurve] = {}


class LabelMistake(Record):
    """One row with labels too many or too few; `wrong` has their probabilities."""

    path: str
    labels: tuple[str, ...]
    predicted: tuple[str, ...]
    wrong: dict[str, float]
    png: str | None = None
    text: str | None = None


class LabelEvaluation(ClassJudgement):
    """Of a model that gives a row any number of labels."""

    worst: tuple[LabelMistake, ...] = ()


class Evaluation(ClassJudgement):
    """Of a model that gives a row one class; `confusion[true][predicted]` in rows, both in the order of `classes`."""

    confusion: tuple[tuple[int, ...], ...]
    worst: tuple[Mistake, ...] = ()

    @model_validator(mode="after")
    def _square(self) -> "Evaluation":
        size = len(self.classes)
        if [len(row) for row in self.confusion] != [size] * size:
            raise ValueError(f"the confusion matrix must have {size} rows of {size} counts, one per class")
        if not any(map(any, self.confusion)):
            raise ValueError("the confusion matrix must count at least one row")
        return self


class Bundle(Record):
    """BUNDLE/bundle.json: SHA-256 by file name."""

    hashes: dict[str, str]


class Prediction(Record):
    """predictions.json: how many rows were predicted, in how many seconds."""

    rows: int | None = None
    seconds: float | None = None
