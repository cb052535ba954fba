"""The sections of the configuration that say when a model is retrained, and what it takes to be promoted."""

from typing import Annotated, Literal

from pydantic import Field

from headrace.config.base import Fraction, Location, NonEmptyStr, Positive, Section, StoredFolder
from headrace.config.sections.expectations import Range

Ratio = Annotated[float, Field(gt=0)]
Metric = Literal[
    "accuracy",
    "macro_f1",
    "micro_f1",
    "binary_accuracy",
    "loss",
    "mean_absolute_error",
    "root_mean_squared_error",
    "r_squared",
]
# Of a task; the first is the one by which models are compared if nothing else is said.
METRICS: dict[str, tuple[Metric, ...]] = {
    "classification": ("accuracy", "macro_f1", "loss"),
    "multi_label": ("macro_f1", "micro_f1", "binary_accuracy", "loss"),
    "regression": ("mean_absolute_error", "root_mean_squared_error", "r_squared"),
}


class Registry(Section):
    """Where runs are tracked and model versions are kept, by MLflow."""

    folder: StoredFolder = Field(
        description="holds FOLDER/champion, the bundle that serves, and all that MLflow keeps here"
    )
    model: NonEmptyStr = Field(description="name of the registered model and of the experiment")
    uri: NonEmptyStr | None = Field(
        None, description="of an MLflow server; if not given MLFLOW_TRACKING_URI, else SQLite in `folder`"
    )


class Drift(Section):
    """When new training rows are called different from those the champion was trained on."""

    psi: Ratio = Field(0.2, description="population stability index above which a distribution has drifted")
    bins: Annotated[int, Field(ge=2, le=100)] = Field(10, description="of equal share in the champion's data")
    false_alarm_rate: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        0.001, description="how often equal data may look drifted; few rows need a larger index"
    )


class Slices(Section):
    """Parts of the test split that must not suffer: every class, and rows by their paths."""

    max_drop: Fraction = Field(
        0.05, description="most by which the score of a slice may fall, of a label its F1; in regression, in parts"
    )
    min_rows: Positive = Field(20, description="slices of fewer rows are told, not judged")
    paths: dict[str, NonEmptyStr] = Field(
        default_factory=dict, description="further slices: patterns of paths by name, such as {night: '*/night/*'}"
    )


class Latency(Section):
    """Of answering one row on the machine that evaluates: the median of repeated answers."""

    milliseconds: Ratio | None = Field(None, description="allowed at most")
    max_ratio: Ratio | None = Field(None, description="allowed at most, in latencies of the champion")


class Gate(Section):
    """What a challenger must prove before it is promoted."""

    metric: Metric | None = Field(
        None, description="accuracy, of multi_label macro_f1, in regression mean_absolute_error, if not given"
    )
    margin: float = Field(0.0, description="by which it must be better than the champion")
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(0.95, description="of being better by the margin")
    bounds: dict[Metric, Range] = Field(default_factory=dict, description="of its metrics, also of the first model's")
    slices: Slices = Slices()
    latency: Latency = Latency()
    size_bytes: Positive | None = Field(None, description="of its bundle, allowed at most")
    expectations: bool = Field(True, description="prepare.expectations must be met, also where a breach only warns")

    def unsupported_metrics(self, task: str) -> list[str]:
        """Metrics that are named here and that `task` has not."""
        return sorted({*self.bounds, *([self.metric] if self.metric else [])}.difference(METRICS[task]))


class BatchPrediction(Section):
    """Rows that every new champion answers."""

    input: Location = Field(description="a folder of raw files, or a table")
    output: StoredFolder = Field(description="folder; OUTPUT/cycle-N holds the Parquet files")


class Retrain(Section):
    """The cycle that cron, Airflow or a person starts."""

    folder: StoredFolder = Field(description="journal of the cycles, their runs, the lock and report.html")
    min_new_rows: Positive = Field(
        1,
        description="training rows that must be new, changed or gone before a model is trained; fewer do with drift",
    )
    initial_weights: Literal["champion", "scratch"] = Field(
        "champion", description="the weights that training begins with"
    )
    test_version: Literal["first", "newest"] | Annotated[int, Field(ge=0)] = Field(
        "first", description="of the table: its test split judges champion and challenger; first: of the first cycle"
    )
    drift: Drift = Drift()
    gate: Gate = Gate()
    predict: BatchPrediction | None = None
