"""The sections of the configuration that say how a model is trained."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from headrace.config.base import Fraction, NonEmptyStr, Positive, Section, Seed, StoredFolder

NotNegative = Annotated[float, Field(ge=0)]


class Schedule(Section):
    """How the learning rate changes over the steps of a run."""

    kind: Literal["constant", "step", "cosine"] = Field(
        "constant",
        description="step: times `factor` at each of `at_epochs`; cosine: down to `final_fraction` at the end",
    )
    at_epochs: tuple[Annotated[float, Field(gt=0)], ...] = Field((), description="of step")
    factor: Annotated[float, Field(gt=0, lt=1)] = Field(0.1, description="of step")
    final_fraction: Fraction = Field(0.0, description="of cosine")
    warmup_epochs: NotNegative = Field(
        0.0, description="rising linearly, from `learning_rate` where it is scaled by ranks, else from 0"
    )
    scale_by_ranks: Literal["none", "linear", "square_root"] = Field(
        "none", description="multiply the learning rate by the number of ranks, or its square root"
    )

    @model_validator(mode="after")
    def _steps_have_places(self) -> "Schedule":
        if (self.kind == "step") != bool(self.at_epochs):
            raise ValueError("`at_epochs` belongs to kind: step, which needs it")
        if list(self.at_epochs) != sorted(set(self.at_epochs)):
            raise ValueError("`at_epochs` must rise")
        return self


class Optimizer(Section):
    """The Keras optimizer and its arguments."""

    name: Literal["sgd", "rmsprop", "adam", "adamw"] = "adam"
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    schedule: Schedule = Schedule()
    accumulate_steps: Positive = Field(
        1, description="steps whose gradients are summed on each rank before they are reduced and applied"
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="further arguments of the Keras optimizer, such as momentum or weight_decay"
    )


class Loss(Section):
    """What is made small."""

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0,
        description="part of the target's probability that is spread over all classes; of multi_label over yes and no",
    )
    class_weights: Literal["none", "balanced"] | dict[str, NotNegative] = Field(
        "none",
        description="balanced: rows of rare classes weigh more; or a weight for each class by name, 1 if not named",
    )


class Monitor(Section):
    """The figure by which epochs are compared."""

    metric: NonEmptyStr | None = Field(None, description="val_loss where there is a validation split, else loss")
    mode: Literal["auto", "min", "max"] = Field("auto", description="auto: losses and errors are best small")
    min_delta: NotNegative = Field(0.0, description="smaller differences are no improvement")
    patience: Positive | None = Field(None, description="epochs without improvement after which to stop; never if null")
    bundle: Literal["last", "best"] = Field("last", description="which epoch's weights the bundle gets")


class FineTune(Section):
    """Weights to begin with, from another model."""

    bundle: StoredFolder = Field(
        description="its weights are taken for layers of the same name and shape; others begin anew"
    )
    freeze: tuple[NonEmptyStr, ...] = Field(
        (), description="names of layers that are not trained; * stands for anything"
    )


class Resources(Section):
    """What each rank takes of its executor, where that is more than Spark gives every task."""

    cpus: Positive | None = Field(None, description="cores; spark.task.cpus if not given")
    gpus: Annotated[int, Field(ge=0)] | None = Field(
        None, description="GPUs; spark.task.resource.gpu.amount if not given"
    )


Metric = Literal[
    "accuracy",
    "top_5_accuracy",
    "auc",
    "binary_accuracy",
    "macro_f1",
    "micro_f1",
    "mean_absolute_error",
    "root_mean_squared_error",
]


class Train(Section):
    """A training run."""

    run: StoredFolder = Field(
        description="folder of the run, or s3://bucket/folder; the same folder again continues it"
    )
    bundle: StoredFolder | None = Field(
        None, description="folder of the trained model, or s3://bucket/folder; RUN/bundle when not given"
    )
    ranks: Positive = Field(1, description="processes that train in parallel, each on its own executor slot")
    resources: Resources = Resources()
    epochs: Positive = 1
    batch_size: Positive = Field(64, description="rows a step on one rank; the global batch is ranks times this")
    checkpoint_every_steps: Positive = 500
    optimizer: Optimizer = Optimizer()
    loss: Loss = Loss()
    metrics: tuple[Metric, ...] | None = Field(
        None,
        description="shown beside the loss; accuracy, of multi_label binary_accuracy and macro_f1, in regression both "
        "errors, if not given",
    )
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    compression: Literal["none", "fp16", "bf16"] = Field("none", description="of gradients on their way between ranks")
    synchronized_batch_norm: bool = Field(False, description="batch statistics over all ranks, not each rank's own")
    monitor: Monitor = Monitor()
    fine_tune: FineTune | None = None
    seed: Seed = Field(0, description="of initial weights, shuffling and dropout")
    data_version: Annotated[int, Field(ge=0)] | None = Field(None, description="of the table; the newest if not given")
    max_restarts: Annotated[int, Field(ge=0)] = Field(3, description="after ranks were lost, from the last checkpoint")
    keep_checkpoints: Positive = 2
    log_every_steps: Positive = 10
    stall_timeout_seconds: Positive = Field(120, description="a rank silent for longer ends the attempt")
