"""The contract between a table and a model: columns, classes, statistics and tokenizer of a version.

A model's `build(contract, **options)` reads its input shape, its number of classes and its normalisation
here, so that nothing about the data is written twice.
"""

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from headrace.errors import DataError

TaskType = Literal["classification", "multi_label", "regression"]
ACTIVATIONS: dict[TaskType, Literal["softmax", "sigmoid", "linear"]] = {
    "classification": "softmax",
    "multi_label": "sigmoid",
    "regression": "linear",
}


class Column(BaseModel):
    """What a column of the table holds and what it is for.

    `codec` says how the stored value becomes an array of `dtype` and `shape`: `raw` bytes, `png` or `jpeg`
    for images (height, width, channels); `tokens` for text, the numbers of its tokens one after the other,
    little-endian and without padding; `labels` for the numbers of the classes that a row belongs to, likewise;
    `plain` for a value stored as itself. `raw` is also that of windows: their numbers, little-endian,
    (length, features). A length that differs from row to row is None in `shape`.
    """

    model_config = ConfigDict(frozen=True)

    role: Literal["input", "target", "weight", "identity"]
    codec: Literal["raw", "png", "jpeg", "tokens", "labels", "plain"]
    dtype: str
    shape: tuple[int | None, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels.

        Raises:
            DataError: the column holds no images.
        """
        match self.shape:
            case (int(height), int(width), int(channels)):
                return height, width, channels
        raise DataError(f"The column holds values of shape {self.shape}; expected images (height, width, channels).")

    @property
    def fixed_shape(self) -> tuple[int, ...]:
        """Of every value of the column.

        Raises:
            DataError: lengths differ from row to row.
        """
        lengths = tuple(length for length in self.shape if length is not None)
        if len(lengths) < len(self.shape):
            raise DataError(f"The column holds values of shape {self.shape}; expected one length for all rows.")
        return lengths


class Statistics(BaseModel):
    """Over the training split, in units of the stored values: of images per channel, of windows per feature."""

    model_config = ConfigDict(frozen=True)

    mean: tuple[float, ...]
    variance: tuple[float, ...]

    @property
    def standard_deviation(self) -> tuple[float, ...]:
        """The square root of the variance, per channel or feature."""
        return tuple(math.sqrt(value) for value in self.variance)


class Tokenizer(BaseModel):
    """What has turned text into the numbers of tokens; 0 stands for padding, 1 for an unknown token.

    Attributes:
        file: a Hugging Face `tokenizers` JSON file, relative to the table's folder; named by its hash, never rewritten.
        vocabulary_size: every token's number is below.
        max_length: tokens a stored text has at most.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["word", "bpe"]
    file: str
    sha256: str
    vocabulary_size: int
    max_length: int


class WindowSpec(BaseModel):
    """What the rows of a table of windows are.

    Attributes:
        values: the features of a window, in their order.
        label: the column whose value is foretold.
        every_seconds: between a row of a window and the next.
        horizon: rows from the last one of a window to the one that is foretold.
        season: rows after which values come back; None where that is not known.
    """

    model_config = ConfigDict(frozen=True)

    def __str__(self) -> str:
        return (
            f"windows of {', '.join(self.values)} for {self.label}, {self.horizon} rows of {self.every_seconds} s ahead"
        )

    values: tuple[str, ...]
    label: str
    every_seconds: int
    horizon: int
    season: int | None = None

    @property
    def label_feature(self) -> int | None:
        """Which of the features is of the column that is foretold; None where none is."""
        return self.values.index(self.label) if self.label in self.values else None


class Contract(BaseModel):
    """What a model may rely on.

    Attributes:
        task: for `classification` a row belongs to one class, of two or more, and for `multi_label` to any number of
            them; for `regression` the target is a float32 and there are no classes.
        statistics: None for text.
        tokenizer: of text.
        windows: of windows of rows.
    """

    model_config = ConfigDict(frozen=True)

    columns: dict[str, Column]
    classes: tuple[str, ...] = ()
    task: TaskType = "classification"
    statistics: Statistics | None = None
    tokenizer: Tokenizer | None = None
    windows: WindowSpec | None = None

    @model_validator(mode="after")
    def _has_classes_to_tell_apart(self) -> "Contract":
        if (self.task != "regression") != bool(self.classes):
            raise ValueError("`classes` belongs to the tasks classification and multi_label, which need it")
        return self

    @property
    def input_kind(self) -> Literal["image", "text", "windows"]:
        """What one input is, as `prepare.input` calls it."""
        if self.windows is not None:
            return "windows"
        return "image" if self.tokenizer is None else "text"

    def named(self, role: str) -> tuple[str, Column]:
        """The name and the column that has `role`.

        Raises:
            KeyError: there is none.
        """
        for name, column in self.columns.items():
            if column.role == role:
                return name, column
        raise KeyError(f"the table has no column with role {role!r}")

    def require_same_windows(self, other: "Contract") -> None:
        """Raise unless rows of `other` are windows as mine are.

        Raises:
            DataError: they are not.
        """
        if self.windows != other.windows:
            mine, theirs = (str(one.windows or "no windows") for one in (self, other))
            raise DataError(
                f"The bundle is for {mine}; the table holds {theirs}. Prepare it with the bundle's settings."
            )

    @property
    def weight_name(self) -> str | None:
        """Of the column that says how much a row counts in training."""
        return next((name for name, column in self.columns.items() if column.role == "weight"), None)

    @property
    def channel_statistics(self) -> Statistics:
        """What a network for images normalises with.

        Raises:
            DataError: there is none, the input is no image.
        """
        if self.statistics is None or self.windows is not None:
            raise DataError("The table has no statistics of channels; this network expects a table of images.")
        return self.statistics

    @property
    def outputs(self) -> int:
        """How many numbers a model gives for a row: one for each class, one in regression."""
        return 1 if self.task == "regression" else len(self.classes)

    @property
    def output_activation(self) -> Literal["softmax", "sigmoid", "linear"]:
        """Of a model's last layer, as Keras calls it.

        Two classes are two outputs with softmax, as any other number is: it gives the same probabilities as one output
        with a sigmoid would (of the difference), and everything behind it needs to know one form only.
        """
        return ACTIVATIONS[self.task]

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Of one decoded input: (height, width, channels) for images, (None,) for text, (length, features)."""
        return self.named("input")[1].shape
