"""Configuration sections for the search of hyperparameters."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from headrace.config.base_section import NonEmptyStr, Positive, Section, Seed
from headrace.config.path_validators import StoredFolder

Choice = bool | int | float | str | None
# Set by the study itself, or the metric that compares trials.
SET_BY_THE_STUDY = ("train.run", "train.bundle", "train.ranks", "train.data_version", "train.monitor")
SEARCHED = ("model.", "stream.", "train.")


class Parameter(Section):
    """A parameter of the search space: the values that a configuration key may take."""

    kind: Literal["float", "int", "categorical"] = Field(description="float, int, or categorical (one of `choices`)")
    low: float | None = Field(None, description="float and int: lower bound, inclusive")
    high: float | None = Field(None, description="float and int: upper bound, inclusive")
    step: Annotated[float, Field(gt=0)] | None = Field(None, description="distance between values, counted from `low`")
    log: bool = Field(False, description="sample on a logarithmic scale")
    choices: tuple[Choice | tuple[Choice, ...], ...] = Field(
        (), description="categorical: the values; each may be a list"
    )

    @model_validator(mode="after")
    def _require_keys_of_kind(self) -> "Parameter":
        if self.kind == "categorical":
            return self._require_choices()
        if self.choices:
            raise ValueError("`choices` is accepted by kind: categorical only")
        if self.low is None or self.high is None or self.low >= self.high:
            raise ValueError(f"kind: {self.kind} requires `low` and `high`, with `low` below `high`")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("`log` requires a `low` above 0 and no `step`")
        whole = all(value is None or value.is_integer() for value in (self.low, self.high, self.step))
        if self.kind == "int" and not whole:
            raise ValueError("kind: int requires whole numbers for `low`, `high` and `step`")
        return self

    def _require_choices(self) -> "Parameter":
        if not self.choices or (self.low, self.high, self.step, self.log) != (None, None, None, False):
            raise ValueError("kind: categorical requires `choices`, such as [sgd, adam], and no other key")
        # Between equal values, such as 1 and true, a trial could not record which one it uses.
        if any(self.choices.count(choice) > 1 for choice in self.choices):
            raise ValueError("`choices` contains a value twice")
        return self


class Sampler(Section):
    """The method that chooses the values of a trial."""

    kind: Literal["tpe", "random", "grid"] = Field(
        "tpe",
        description=(
            "tpe: tree-structured Parzen estimator, samples where earlier trials were good; random: sample "
            "at random; grid: try all combinations in turn"
        ),
    )
    startup_trials: Positive = Field(10, description="tpe: number of random trials before the estimator is used")


class Pruner(Section):
    """The rule by which a trial is stopped early."""

    kind: Literal["median", "asha", "hyperband", "none"] = Field(
        "median",
        description=(
            "median: stop a trial worse than the median of earlier trials at the same epoch; asha: stop a "
            "trial outside the best 1/reduction_factor after 1, reduction_factor, ... epochs; hyperband: "
            "asha with several levels of strictness in turn; none: never stop"
        ),
    )
    startup_trials: Annotated[int, Field(ge=0)] = Field(
        5, description="median: number of finished trials before any trial is stopped"
    )
    warmup_epochs: Annotated[int, Field(ge=0)] = Field(
        0, description="median: number of epochs before a trial may be stopped"
    )
    reduction_factor: Annotated[int, Field(ge=2)] = Field(
        3, description="asha and hyperband: factor between two levels"
    )


class Tune(Section):
    """A study: trainings with different hyperparameters, compared by the metric of `train.monitor`."""

    study: StoredFolder = Field(description="folder of the study; tuning again with the same folder resumes the study")
    space: Annotated[dict[str, Parameter], Field(min_length=1)] = Field(
        description=(
            "search space: parameter by configuration key below model, stream or train, such as "
            "train.optimizer.learning_rate"
        )
    )
    trials: Positive = Field(
        20, description="total number of trials, including failed and pruned ones; a grid may have fewer"
    )
    time_limit_seconds: Positive | None = Field(
        None, description="seconds after which one run of the command starts no more trials; running trials finish"
    )
    parallel: Positive = Field(1, description="number of concurrent trials, each with one rank on one executor slot")
    ranks: Positive = Field(
        1, description="ranks per trial, used instead of train.ranks; above 1 only if trials run one at a time"
    )
    sampler: Sampler = Sampler()
    pruner: Pruner = Pruner()
    seed: Seed = Field(0, description="seed of the sampler; sequential trials repeat exactly with the same seed")
    keep: Literal["best", "all"] = Field(
        "best", description="best: keep bundle and checkpoints of the best trial only; all: of every trial"
    )

    @field_validator("space")
    @classmethod
    def _require_training_keys(cls, space: dict[NonEmptyStr, Parameter]) -> dict[str, Parameter]:
        for key in space:
            if not key.startswith(SEARCHED):
                raise ValueError(f"{key} cannot be searched: expected keys that begin with model., stream. or train.")
            if key == "model.file" or any(key == own or key.startswith(f"{own}.") for own in SET_BY_THE_STUDY):
                raise ValueError(f"{key} cannot be searched: it is fixed for all trials, or set by the study")
        return space

    @model_validator(mode="after")
    def _require_consistent_keys(self) -> "Tune":
        if self.parallel > 1 and self.ranks > 1:
            raise ValueError("parallel trials have one rank each; set either `parallel` or `ranks` to 1")
        steps = (one.kind == "float" and one.step is None for one in self.space.values())
        if self.sampler.kind == "grid" and any(steps):
            raise ValueError("sampler.kind: grid requires a `step` for every parameter of kind: float")
        return self
