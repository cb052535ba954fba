"""The files of a run folder as training, evaluation and prediction write them; unknown keys are left alone."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from headrace.config import Configuration


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
    """Of one class; fractions, and `support` in rows."""

    precision: float
    recall: float
    f1: float
    support: int


class Mistake(Record):
    """One row that was classified wrongly; `label` and `predicted` are names, or numbers of classes."""

    path: str
    label: str | int
    predicted: str | int
    probability: float
    label_probability: float
    png: str | None = None


class Judgement(Record):
    """BUNDLE/evaluation/SPLIT.json, whatever the task."""

    task: Literal["classification", "regression"] = "classification"
    split: str
    table: str
    version: int
    rows: int
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]] = {}
    seconds: float
    command: str


class Miss(Record):
    """One row whose number was predicted far off."""

    path: str
    value: float
    predicted: float


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


class Evaluation(Judgement):
    """Of a model that tells classes; `confusion[true][predicted]` in rows, both in the order of `classes`."""

    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    per_class: dict[str, Scores]
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
