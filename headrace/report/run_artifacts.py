"""Read the files that training, evaluation and prediction write to a run's folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from headrace.config import Configuration
from headrace.contract import TaskType
from headrace.errors import DataError
from headrace.runs.folder import bundle_path
from headrace.runs.metrics_log import MetricsLog, read_metrics

SPLITS = ("test", "val", "train")
Content = TypeVar("Content")


class Record(BaseModel):
    """A JSON file of a run, or a part of one."""

    model_config = ConfigDict(frozen=True)


class Run(Record):
    """run.json: the configuration and plan of the run."""

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
    """result.json: the result; times in seconds, rates in samples per second over all ranks."""

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


class Mistake(Record):
    """A wrongly classified row; `label` and `predicted` are class names or class indices."""

    path: str
    label: str | int
    predicted: str | int
    probability: float
    label_probability: float
    png: str | None = None
    text: str | None = None


class SliceMetrics(Record):
    """Metrics of one slice of the rows."""

    name: str
    rows: int
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]] = {}


class Bin(Record):
    """Rows with a confidence above `low` and at most `high`: mean confidence and accuracy."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


class DrawnCurve(Record):
    """ROC and precision-recall curves of one class against the rest: their points and their exact areas."""

    roc_auc: float
    average_precision: float
    roc: tuple[tuple[float, float], ...]
    precision_recall: tuple[tuple[float, float], ...]


class TrainedRows(Record):
    """The rows of the evaluated split that the model was trained on, of how many, with the path of one of them."""

    rows: int
    total: int
    example: str


class TaskEvaluation(Record):
    """The fields that BUNDLE/evaluation/SPLIT.json has in every task."""

    task: TaskType = "classification"
    split: str
    table: str
    version: int
    rows: int
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]] = {}
    slices: dict[str, tuple[SliceMetrics, ...]] = {}
    trained_on: TrainedRows | None = None
    seconds: float
    command: str


class RegressionMistake(Record):
    """A row for which the error of the predicted number is large."""

    path: str
    value: float
    predicted: float
    png: str | None = None
    text: str | None = None


class Residuals(Record):
    """Histogram of predicted minus true values, and (true, predicted) of a sample of rows."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    points: tuple[tuple[float, float], ...]


class RegressionEvaluation(TaskEvaluation):
    """Evaluation of a regression model."""

    residuals: Residuals
    baselines: dict[str, dict[str, float]] = {}
    worst: tuple[RegressionMistake, ...] = ()

    @property
    def has_inputs(self) -> bool:
        """Whether the worst mistakes include the model's input."""
        return any(miss.png or miss.text is not None for miss in self.worst)


class ClassEvaluation(TaskEvaluation):
    """Evaluation of a classifier, with one or many classes per row."""

    classes: tuple[str, ...]
    per_class: dict[str, Scores]
    calibration: tuple[Bin, ...] = ()
    curves: dict[str, DrawnCurve] = {}


class MultiLabelMistake(Record):
    """A row with missing or extra labels; `wrong` holds their probabilities."""

    path: str
    labels: tuple[str, ...]
    predicted: tuple[str, ...]
    wrong: dict[str, float]
    png: str | None = None
    text: str | None = None


class MultiLabelEvaluation(ClassEvaluation):
    """Evaluation of a multi-label model."""

    worst: tuple[MultiLabelMistake, ...] = ()


class Evaluation(ClassEvaluation):
    """Evaluation of a single-label classifier; `confusion[true][predicted]` counts rows, in the order of `classes`."""

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
    """predictions.json: number of predicted rows and seconds."""

    rows: int | None = None
    seconds: float | None = None


AnyEvaluation = Evaluation | MultiLabelEvaluation | RegressionEvaluation


@dataclass(frozen=True, kw_only=True)
class RunArtifacts:
    """All inputs of the page except the table.

    Attributes:
        bundle: folder of the trained model, which may not exist.
        evaluations: by split, the test split first.
        stages: wall seconds by stage; empty unless the whole pipeline was timed.
    """

    path: Path
    run: Run
    result: Result | None
    history: MetricsLog
    bundle: Path
    bundle_hashes: dict[str, str]
    evaluations: tuple[AnyEvaluation, ...]
    stages: dict[str, float]
    prediction: Prediction | None


def read_artifacts(path: Path) -> RunArtifacts:
    """Read the run folder at `path`.

    Raises:
        DataError: `path` is not the folder of a training run, or a file in it is damaged.
    """
    run = _read_json(path / "run.json", Run)
    if run is None:
        raise DataError(
            f"{path} is not the folder of a training run: it contains no run.json; `headrace train` creates one."
        )
    result = _read_json(path / "result.json", Result)
    setting = run.configuration.train.bundle
    bundle = bundle_path(path, setting, result.bundle if result else setting)
    hashes = _read_json(bundle / "bundle.json", Bundle)
    evaluations = (_read_evaluation(bundle / "evaluation" / f"{split}.json") for split in SPLITS)
    return RunArtifacts(
        path=path,
        run=run,
        result=result,
        history=read_metrics(path / "metrics.jsonl"),
        bundle=bundle,
        bundle_hashes=hashes.hashes if hashes else {},
        evaluations=tuple(evaluation for evaluation in evaluations if evaluation),
        stages=_read_json(path / "stages.json", dict[str, float]) or {},
        prediction=_read_json(path / "predictions.json", Prediction),
    )


def _read_evaluation(path: Path) -> AnyEvaluation | None:
    header = _read_json(path, TaskEvaluation)
    task = header.task if header else "classification"
    types: dict[TaskType, type[AnyEvaluation]] = {
        "multi_label": MultiLabelEvaluation,
        "regression": RegressionEvaluation,
    }
    return _read_json(path, types.get(task, Evaluation))


def _read_json(path: Path, content_type: type[Content]) -> Content | None:
    try:
        return TypeAdapter(content_type).validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise DataError(
            f"{path} is damaged{f' at `{field}`' if field else ''}: {first['msg'].lower()}; "
            "rerun the command that wrote it."
        ) from None
