"""The contract between a table and a model: columns, classes, statistics and tokenizer of a version.

A model's `build(contract, **options)` reads its input shape, number of classes and normalisation from the
contract, so that nothing about the data is stated twice.
"""

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from headrace.errors import DataError
from headrace.features.input_kind_loader import input_traits
from headrace.features.input_traits import InputTraits
from headrace.targets.target_kind_loader import target_traits
from headrace.targets.target_traits import Activation, TargetTraits
from headrace.wording import quantity

TaskType = Literal["classification", "multi_label", "regression"]
InputKind = Literal["image", "text", "audio", "tabular", "windows", "record"]


class Column(BaseModel):
    """The role, encoding and shape of one column of a table.

    Attributes:
        role: purpose of the column.
        codec: encoding of the stored value, which decodes to an array of `dtype` and `shape`. `raw` bytes, `png` or
            `jpeg` for images (height, width, channels); `raw` little-endian numbers for windows (length, features),
            sounds (samples,) and rows (columns,);
            `tokens` for text: token ids, little-endian, concatenated without padding; `labels` for the class indices
            of a row, in the same layout; `plain` for a value that needs no decoding.
        dtype: data type of the decoded array.
        shape: shape of the decoded array; None for a length that differs from row to row.
    """

    model_config = ConfigDict(frozen=True)

    role: Literal["input", "target", "weight", "identity"]
    codec: Literal["raw", "png", "jpeg", "tokens", "labels", "plain"]
    dtype: str
    shape: tuple[int | None, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image.

        Raises:
            DataError: the column does not hold images.
        """
        match self.shape:
            case (int(height), int(width), int(channels)):
                return height, width, channels
        raise DataError(f"The column holds values of shape {self.shape}; expected images (height, width, channels).")

    @property
    def fixed_shape(self) -> tuple[int, ...]:
        """Shape of every value of the column.

        Raises:
            DataError: lengths differ from row to row.
        """
        lengths = tuple(length for length in self.shape if length is not None)
        if len(lengths) < len(self.shape):
            raise DataError(f"The column holds values of shape {self.shape}; expected the same length in every row.")
        return lengths


class Statistics(BaseModel):
    """Mean and variance over the training split, in units of the stored values.

    Images have one value per channel, windows one per feature.
    """

    model_config = ConfigDict(frozen=True)

    mean: tuple[float, ...]
    variance: tuple[float, ...]

    @property
    def standard_deviation(self) -> tuple[float, ...]:
        """Square root of the variance, per channel or feature."""
        return tuple(math.sqrt(value) for value in self.variance)


class Tokenizer(BaseModel):
    """The tokenizer that encoded a table's texts; id 0 is padding, id 1 an unknown token.

    Attributes:
        file: a Hugging Face `tokenizers` JSON file, relative to the table's folder; named by its hash, never rewritten.
        vocabulary_size: number of token ids; every id is smaller.
        max_length: maximum number of tokens of a stored text.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["word", "bpe"]
    file: str
    sha256: str
    vocabulary_size: int
    max_length: int


class WindowSpec(BaseModel):
    """The layout of the windows in a table of time series.

    Attributes:
        values: features of a window, in order.
        label: column that is predicted.
        every_seconds: seconds between consecutive rows of a window.
        horizon: rows between the last row of a window and the predicted row.
        season: rows per seasonal period; None if unknown.
    """

    model_config = ConfigDict(frozen=True)

    def __str__(self) -> str:
        season = f", with a season of {self.season} rows" if self.season else ""
        return (
            f"windows of {', '.join(self.values)} that predict {self.label} {self.horizon} rows of "
            f"{self.every_seconds} s ahead{season}"
        )

    values: tuple[str, ...]
    label: str
    every_seconds: int
    horizon: int
    season: int | None = None

    @property
    def label_feature(self) -> int | None:
        """Index of the predicted column among the features; None if it is not a feature."""
        return self.values.index(self.label) if self.label in self.values else None


class AudioSpec(BaseModel):
    """The properties of the sounds in a table.

    Attributes:
        rate: samples per second.
    """

    model_config = ConfigDict(frozen=True)

    rate: int


class TabularSpec(BaseModel):
    """The layout of a row of numbers and categories, which a table stores as float32 numbers.

    The numbers come first, as they are in the source. A category is the number of its value: 0 for a missing one, 1 for
    one that is not in the vocabulary, and from 2 on the values of the vocabulary; float32 holds all of them exactly.

    Attributes:
        numbers: columns of numbers, in order.
        categories: number of values of each column of categories, in order; every stored value is smaller.
        file: the vocabularies as a JSON file, relative to the table's folder; named by its hash, never rewritten.
    """

    model_config = ConfigDict(frozen=True)

    numbers: tuple[str, ...]
    categories: dict[str, int]
    file: str
    sha256: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return (*self.numbers, *self.categories)

    @property
    def layout(self) -> tuple[object, ...]:
        """Columns in order, and the values of the categories; equal for rows that a model takes alike."""
        return self.numbers, tuple(self.categories.items()), self.sha256

    def __str__(self) -> str:
        # Two numbers are no values of the source: those of missing and of unknown ones.
        sizes = (f"{name} ({quantity(size - 2, 'known value')})" for name, size in self.categories.items())
        return f"rows of {', '.join((*self.numbers, *sizes))}"


class NamedInputSpec(BaseModel):
    """One of several inputs of a record: its kind, and what a contract of this input alone would say of it.

    Attributes:
        kind: kind of the input, as in `prepare.inputs`.
        statistics: statistics of the input; None for texts and sounds.
        tokenizer: tokenizer, for texts only.
        audio: rate of the sounds, for sounds only.
        tabular: layout of the numbers and categories, for these only.
    """

    model_config = ConfigDict(frozen=True)

    kind: InputKind
    statistics: Statistics | None = None
    tokenizer: Tokenizer | None = None
    audio: AudioSpec | None = None
    tabular: TabularSpec | None = None


class Contract(BaseModel):
    """The properties of a table's data that a model relies on.

    Attributes:
        columns: columns by name.
        classes: class names, by class index; empty for regression.
        task: in `classification` a row belongs to exactly one of two or more classes, in `multi_label` to any number
            of classes; in `regression` the target is a float32 and there are no classes.
        statistics: statistics of the inputs; None for texts and sounds.
        tokenizer: tokenizer, for text only.
        windows: window layout, for windows only.
        audio: rate of the sounds, for sounds only.
        tabular: layout of the rows, for rows of numbers and categories only; `statistics` are those of the numbers.
        label_statistics: mean and variance of the labels of the training split, for rows in regression only.
        named_inputs: several inputs of a record, by the names of their columns, in the order of the configuration;
            empty for one input, which the fields above describe.
    """

    model_config = ConfigDict(frozen=True)

    columns: dict[str, Column]
    classes: tuple[str, ...] = ()
    task: TaskType = "classification"
    statistics: Statistics | None = None
    tokenizer: Tokenizer | None = None
    windows: WindowSpec | None = None
    audio: AudioSpec | None = None
    tabular: TabularSpec | None = None
    label_statistics: Statistics | None = None
    named_inputs: dict[str, NamedInputSpec] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _require_classes(self) -> "Contract":
        if self.target.has_classes != bool(self.classes):
            expected = "required" if self.target.has_classes else "not allowed"
            raise ValueError(f"`classes` is {expected} for {self.task}")
        return self

    @property
    def target(self) -> TargetTraits:
        """Properties of the kind of the target."""
        return target_traits(self.task)

    @property
    def input_kind(self) -> InputKind:
        """Kind of the inputs, as in `prepare.input`."""
        if self.named_inputs:
            return "record"
        if self.audio is not None:
            return "audio"
        if self.tabular is not None:
            return "tabular"
        if self.windows is not None:
            return "windows"
        return "image" if self.tokenizer is None else "text"

    @property
    def feature(self) -> InputTraits:
        """Properties of the kind of the input."""
        return input_traits(self.input_kind)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the input columns: one, or one for each of several inputs."""
        return tuple(self.named_inputs) or (self.named("input")[0],)

    @property
    def inputs(self) -> dict[str, "Contract"]:
        """The contract of each of several inputs by its name, as if it were the only one.

        A network's `build` passes it to what expects one input; classes and task are those of the table.
        """
        if not self.named_inputs:
            return {self.named("input")[0]: self}
        others = {name: column for name, column in self.columns.items() if column.role != "input"}
        return {
            name: self.model_copy(
                update={
                    "columns": {name: self.columns[name], **others},
                    "named_inputs": {},
                    **{field: getattr(spec, field) for field in ("statistics", "tokenizer", "audio", "tabular")},
                }
            )
            for name, spec in self.named_inputs.items()
        }

    @property
    def is_record(self) -> bool:
        """Whether a model receives several inputs, as a dict of arrays by name."""
        return bool(self.named_inputs)

    def named(self, role: str) -> tuple[str, Column]:
        """Return the name and the column with `role`.

        Raises:
            DataError: there are several inputs.
            KeyError: no column has this role.
        """
        if role == "input" and self.named_inputs:
            raise DataError(
                f"The table holds several inputs ({', '.join(self.named_inputs)}), and a network for one input cannot "
                "take them; expected a network that reads contract.inputs, such as models/image_text.py."
            )
        for name, column in self.columns.items():
            if column.role == role:
                return name, column
        raise KeyError(f"the table has no column with role {role!r}")

    @property
    def text_tokenizer(self) -> Tokenizer:
        """Tokenizer of the texts.

        Raises:
            DataError: the inputs are not texts.
        """
        if self.tokenizer is None:
            raise DataError(f"The table holds {self.input_kind} inputs and has no tokenizer; expected texts.")
        return self.tokenizer

    @property
    def window_spec(self) -> WindowSpec:
        """Layout of the windows.

        Raises:
            DataError: the inputs are not windows.
        """
        if self.windows is None:
            raise DataError(f"The table holds {self.input_kind} inputs; expected windows of numbers.")
        return self.windows

    @property
    def audio_spec(self) -> AudioSpec:
        """Properties of the sounds.

        Raises:
            DataError: the inputs are not sounds.
        """
        if self.audio is None:
            raise DataError(
                f"The table holds {self.input_kind} inputs and no sounds; this network expects a table of sounds."
            )
        return self.audio

    @property
    def tabular_spec(self) -> TabularSpec:
        """Layout of the rows.

        Raises:
            DataError: the inputs are not rows of numbers and categories.
        """
        if self.tabular is None:
            raise DataError(
                f"The table holds {self.input_kind} inputs; this network expects a table of rows of numbers and "
                "categories."
            )
        return self.tabular

    @property
    def record_inputs(self) -> dict[str, "Contract"]:
        """The contract of each of several inputs by its name, see `inputs`.

        Raises:
            DataError: there is one input.
        """
        if not self.named_inputs:
            raise DataError(
                f"The table holds {self.input_kind} inputs; this network expects a table of records of several inputs."
            )
        return self.inputs

    def require_same_windows(self, other: "Contract") -> None:
        """Raise unless `other` has the same window layout.

        Raises:
            DataError: the layouts differ.
        """
        if self.windows != other.windows:
            expected, received = (str(contract.windows or "no windows") for contract in (self, other))
            raise DataError(
                f"The bundle is for {expected}; the table holds {received}. "
                "Prepare the table with the bundle's settings."
            )

    @property
    def weight_name(self) -> str | None:
        """Name of the column with the row weights for training; None if there is none."""
        return next((name for name, column in self.columns.items() if column.role == "weight"), None)

    @property
    def channel_statistics(self) -> Statistics:
        """Per-channel statistics, with which an image network normalises its input.

        Raises:
            DataError: the inputs are not images.
        """
        if self.statistics is None or self.input_kind != "image":
            raise DataError("The table has no channel statistics; this network expects a table of images.")
        return self.statistics

    @property
    def outputs(self) -> int:
        """Number of model outputs per row: one per class, or one in regression."""
        return len(self.classes) if self.target.has_classes else 1

    @property
    def output_activation(self) -> Activation:
        """Keras name of the activation of a model's last layer.

        Two classes are two softmax outputs too: the probabilities equal those of a single sigmoid output (of the
        difference of the logits), and all later code handles one layout only.
        """
        return self.target.activation

    @property
    def model_dtype(self) -> str:
        """Data type of the one input as a model receives it: token ids are int32, in whatever type they are stored."""
        return "int32" if self.tokenizer else self.named("input")[1].dtype

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of one decoded input.

        Images (height, width, channels), texts (None,), windows (length, features), sounds (samples,), rows (columns,).
        """
        return self.named("input")[1].shape
