"""Configuration sections for training."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from headrace.config.base_section import Fraction, NonEmptyStr, Positive, Section, Seed
from headrace.config.path_validators import StoredFolder

NotNegative = Annotated[float, Field(ge=0)]


class Schedule(Section):
    """The change of the learning rate over the steps of a run."""

    kind: Literal["constant", "step", "cosine"] = Field(
        "constant",
        description=(
            "constant: no change; step: multiply by `factor` at each of `at_epochs`; cosine: decay to "
            "`final_fraction` of the rate at the end"
        ),
    )
    at_epochs: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (), description="kind step: epochs at which the rate changes, strictly increasing"
    )
    factor: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.1, description="kind step: factor applied at each of `at_epochs`"
    )
    final_fraction: Fraction = Field(
        0.0, description="kind cosine: fraction of the learning rate that is left at the end"
    )
    warmup_epochs: NotNegative = Field(
        0.0,
        description=(
            "epochs of linear warmup from 0, or from `learning_rate` if it is scaled by ranks: the first of W steps "
            "has 1 / W of the rise already"
        ),
    )
    scale_by_ranks: Literal["none", "linear", "square_root"] = Field(
        "none", description="linear: multiply the learning rate by the number of ranks; square_root: by its square root"
    )

    @model_validator(mode="after")
    def _require_epochs_of_step(self) -> "Schedule":
        if (self.kind == "step") != bool(self.at_epochs):
            raise ValueError("`at_epochs` is required by kind: step, and not accepted by others")
        if list(self.at_epochs) != sorted(set(self.at_epochs)):
            raise ValueError("`at_epochs` must be strictly increasing, such as [10, 20]")
        return self


OptimizerName = Literal[
    "sgd",
    "rmsprop",
    "adam",
    "adamw",
    "nadam",
    "adamax",
    "adagrad",
    "adadelta",
    "adafactor",
    "ftrl",
    "lion",
    "lamb",
]


class Optimizer(Section):
    """The Keras optimizer and its arguments."""

    name: OptimizerName = Field(
        "adam", description="the Keras optimizer; a function `optimizer` in the network's file makes any other"
    )
    learning_rate: Annotated[float, Field(gt=0)] = Field(
        1e-3, description="learning rate before scaling and scheduling"
    )
    schedule: Schedule = Schedule()
    accumulate_steps: Positive = Field(
        1, description="gradient accumulation: steps whose gradients each rank sums before they are reduced and applied"
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="more arguments of the Keras optimizer, such as momentum or weight_decay"
    )


class Loss(Section):
    """The loss that training minimises."""

    name: NonEmptyStr | None = Field(
        None,
        description=(
            "a loss of Keras by the name of its class, such as CategoricalFocalCrossentropy or Huber; default: "
            "cross-entropy for classes, mean squared error for numbers and vectors"
        ),
    )
    options: dict[str, Any] = Field(default_factory=dict, description="arguments of the loss `name`, such as gamma")
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0,
        description="share of the target probability spread over all classes; in multi_label over present and absent",
    )
    negatives: Literal["all", "batch"] = Field(
        "all",
        description=(
            "items that the loss of training compares the chosen one with, in retrieval; all: every item; batch: those "
            "of a step's rows on all ranks, corrected for how often each is drawn, which is faster from some ten "
            "thousand items on; validation and evaluation rank all items either way"
        ),
    )
    class_weights: Literal["none", "balanced"] | dict[str, NotNegative] = Field(
        "none",
        description=(
            "none; balanced: rows of rare classes weigh more; or a weight by class name, 1 if not listed; they apply "
            "to the loss of training, not to its metrics and not to validation"
        ),
    )


class Monitor(Section):
    """The metric that compares epochs, and early stopping."""

    metric: NonEmptyStr | None = Field(
        None, description="metric that compares epochs; default: val_loss with a validation split, else loss"
    )
    mode: Literal["auto", "min", "max"] = Field(
        "auto",
        description=(
            "min: lower is better; max: higher is better; auto: min for losses and errors, else max, and the other of "
            "the two is refused"
        ),
    )
    min_delta: NotNegative = Field(0.0, description="minimum change that counts as an improvement")
    patience: Positive | None = Field(
        None, description="early stopping: epochs without improvement before training stops; null: never stop early"
    )
    bundle: Literal["auto", "last", "best"] = Field(
        "auto",
        description=(
            "epoch whose weights the bundle gets; auto: best with a validation split and `patience`, else last"
        ),
    )


class FineTune(Section):
    """Fine-tuning: initial weights from another model."""

    bundle: StoredFolder = Field(
        description=(
            "bundle to take weights from, for layers at the same position with the same weights; all other layers are "
            "newly initialised; weights of classes and of tokens follow their names"
        )
    )
    freeze: tuple[NonEmptyStr, ...] = Field(
        (), description="names of layers that are not trained; * matches any characters"
    )


class Resources(Section):
    """CPU cores and GPUs per rank, where a rank needs more than Spark gives every task."""

    cpus: Positive | None = Field(None, description="CPU cores per rank; default: spark.task.cpus")
    gpus: Annotated[int, Field(ge=0)] | None = Field(
        None, description="GPUs per rank; default: spark.task.resource.gpu.amount"
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
    "mean_iou",
    "pixel_accuracy",
    "mean_dice",
    "recall_at_1",
    "recall_at_10",
    "recall_at_50",
    "mean_reciprocal_rank",
]


class Train(Section):
    """A training run."""

    run: StoredFolder = Field(
        description="folder of the run, or s3://bucket/folder; training again with the same folder resumes the run"
    )
    bundle: StoredFolder | None = Field(
        None, description="folder of the trained model, or s3://bucket/folder; default: RUN/bundle"
    )
    ranks: Positive = Field(1, description="number of data-parallel processes, each on its own executor slot")
    resources: Resources = Resources()
    epochs: Positive = Field(1, description="passes over the training split")
    batch_size: Positive = Field(64, description="rows per step on one rank; the global batch size is ranks times this")
    checkpoint_every_steps: Positive = Field(500, description="steps between two checkpoints")
    optimizer: Optimizer = Optimizer()
    loss: Loss = Loss()
    metrics: tuple[Metric, ...] | None = Field(
        None,
        description=(
            "metrics reported beside the loss; default: accuracy (classification), binary_accuracy and "
            "macro_f1 (multi_label), mean_absolute_error and root_mean_squared_error (regression, vector), mean_iou "
            "and pixel_accuracy (mask), recall_at_10 and mean_reciprocal_rank (retrieval)"
        ),
    )
    keras_metrics: dict[NonEmptyStr, dict[str, Any]] = Field(
        default_factory=dict,
        description=(
            "more metrics of Keras: their arguments by the name of the class, such as {F1Score: {average: macro}}"
        ),
    )
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = Field(
        "float32", description="Keras dtype policy of the model"
    )
    compression: Literal["none", "fp16", "bf16"] = Field(
        "none", description="compression of gradients in the allreduce"
    )
    synchronized_batch_norm: bool = Field(
        False, description="compute batch normalisation statistics over all ranks instead of per rank"
    )
    monitor: Monitor = Monitor()
    fine_tune: FineTune | None = None
    seed: Seed = Field(0, description="seed of weight initialisation, shuffling and dropout")
    data_version: Annotated[int, Field(ge=0)] | None = Field(
        None, description="version of the table; default: the newest"
    )
    max_restarts: Annotated[int, Field(ge=0)] = Field(
        3, description="maximum number of restarts from the last checkpoint after a loss of ranks"
    )
    keep_checkpoints: Positive = Field(2, description="number of newest checkpoints to keep")
    log_every_steps: Positive | None = Field(
        None,
        description="steps between two entries of the metrics log; default: 10, or fewer for 4 entries per epoch",
    )
    stall_timeout_seconds: Positive = Field(
        120, description="seconds without a sign of life from a rank after which the attempt ends"
    )
