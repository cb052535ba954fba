"""Configuration sections for retraining, drift, the promotion gate and batch predictions."""

from typing import Annotated, Literal

from pydantic import Field

from headrace.config.base_section import Fraction, NonEmptyStr, Positive, Section
from headrace.config.path_validators import Location, StoredFolder
from headrace.config.sections.expectations import Range
from headrace.targets.target_kind_loader import target_traits

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
    "mean_iou",
    "pixel_accuracy",
    "mean_dice",
    "recall_at_10",
    "mean_reciprocal_rank",
]


class Drift(Section):
    """Thresholds above which new training rows have drifted from the champion's training data."""

    psi: Ratio = Field(0.2, description="population stability index above which a distribution has drifted")
    bins: Annotated[int, Field(ge=2, le=100)] = Field(
        10, description="number of quantile bins, computed on the champion's training data"
    )
    false_alarm_rate: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        0.001,
        description=(
            "probability of reporting drift between equal distributions; with few rows, the index must "
            "exceed a higher threshold"
        ),
    )


class Slices(Section):
    """Slices of the test split that must not regress: every class, or items of equal popularity, and rows by path."""

    max_drop: Fraction = Field(
        0.05,
        description=(
            "maximum drop of a slice's score against the champion (for a label: of its F1; in regression and of "
            "vectors: relative to the champion's error)"
        ),
    )
    min_rows: Positive = Field(20, description="slices with fewer rows are reported but cannot block a promotion")
    paths: dict[str, NonEmptyStr] = Field(
        default_factory=dict, description="additional slices: a path pattern by name, such as {night: '*/night/*'}"
    )


class Latency(Section):
    """Latency of predicting one row on the machine that evaluates: the median of repeated predictions."""

    milliseconds: Ratio | None = Field(None, description="maximum median latency in milliseconds")
    max_ratio: Ratio | None = Field(None, description="maximum median latency as a multiple of the champion's")


class Gate(Section):
    """The checks that a challenger must pass before it is promoted."""

    metric: Metric | None = Field(
        None,
        description=(
            "metric that compares the models; default: accuracy (classification), macro_f1 (multi_label), "
            "mean_absolute_error (regression, vector), mean_iou (mask), recall_at_10 (retrieval)"
        ),
    )
    margin: float = Field(
        0.0,
        examples=[0.01],
        description=(
            "improvement over the champion that must be exceeded; below 0, equal models and slightly worse ones may "
            "pass"
        ),
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="confidence with which the improvement must exceed the margin"
    )
    bounds: dict[Metric, Range] = Field(
        default_factory=dict, description="allowed range by metric; also applies to the first model"
    )
    slices: Slices = Slices()
    latency: Latency = Latency()
    size_bytes: Positive | None = Field(None, description="maximum size of the bundle in bytes")
    expectations: bool = Field(True, description="require prepare.expectations to hold, even with `on_failure: warn`")

    def unsupported_metrics(self, task: str) -> list[str]:
        """Return the metrics named in this section that `task` does not have."""
        named = {*self.bounds, *([self.metric] if self.metric else [])}
        return sorted(named.difference(target_traits(task).comparison_metrics))


class BatchPrediction(Section):
    """Batch prediction by every new champion."""

    input: Location = Field(description="folder of raw files, or a table")
    output: StoredFolder = Field(description="output folder; each cycle writes Parquet files to OUTPUT/cycle-N")


class Retrain(Section):
    """The retraining cycle, started by cron, Airflow or a person."""

    folder: StoredFolder = Field(
        description="folder of the retraining history; holds the journal, the runs, the lock and report.html"
    )
    min_new_rows: Positive = Field(
        1,
        description=(
            "minimum number of new, changed or removed training rows that starts a training; drift starts "
            "one with fewer"
        ),
    )
    initial_weights: Literal["champion", "scratch"] = Field(
        "champion", description="champion: start training from the champion's weights; scratch: from random weights"
    )
    test_version: Literal["first", "newest"] | Annotated[int, Field(ge=0)] = Field(
        "first",
        description=(
            "table version whose test split compares champion and challenger. first: the version of the "
            "first cycle; newest; or a number"
        ),
    )
    drift: Drift = Drift()
    gate: Gate = Gate()
    predict: BatchPrediction | None = None
