"""The contract between a table and a model: columns, classes, statistics and tokenizer of a version.

A model's `build(contract, **options)` reads its input shape, number of classes and normalisation from the
contract, so that nothing about the data is stated twice.
"""

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, model_validator

from headrace.errors import DataError
from headrace.features.contract_spec import InputSpec, Statistics, load_input_spec
from headrace.features.input_kind_loader import RECORD, input_traits
from headrace.features.input_kind_traits import InputKindTraits
from headrace.targets.target_kind_loader import target_module, target_traits
from headrace.targets.target_kind_traits import Activation, TargetKindTraits, TaskType

if TYPE_CHECKING:
    from headrace.features.text.contract_spec import Tokenizer

# Class index of pixels of a mask without a class: ignored ones, and those that `fit` and `pad` add around an image.
IGNORED_PIXEL = 255
# Pixels of all masks that a model predicts at once.
MAX_PIXELS_AT_ONCE = 2**20

Spec = Annotated[SerializeAsAny[InputSpec], BeforeValidator(load_input_spec)]


class Column(BaseModel):
    """The role, encoding and shape of one column of a table.

    Attributes:
        role: purpose of the column.
        codec: encoding of the stored value, which decodes to an array of `dtype` and `shape`. `raw` bytes, `png` or
            `jpeg` for images (height, width, channels); `raw` little-endian numbers for windows (length, features),
            audio (samples,), rows (columns,), vectors (size,), also of targets, and masks (height, width);
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


class Contract(BaseModel):
    """The properties of a table's data that a model relies on.

    Attributes:
        columns: columns by name.
        classes: class names, by class index; empty where targets are numbers.
        task: in `classification` a row belongs to exactly one of two or more classes, in `multi_label` to any number
            of classes, in `mask` each of its pixels to one; in `regression` the target is a float32, in `vector`
            float32 of the shape of its column, and there are no classes.
        input_specs: specification of each input, by the name of its column, in the order of the configuration.
        is_record: whether a model receives its inputs as a dict of arrays by name, and not the only one as an array.
        label_statistics: mean and variance of the labels of the training split, of vectors by component, for rows only;
            None of classes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: dict[str, Column]
    classes: tuple[str, ...] = ()
    task: TaskType = "classification"
    input_specs: dict[str, Spec] = Field(default_factory=dict)
    is_record: bool = False
    label_statistics: Statistics | None = None

    @model_validator(mode="after")
    def _require_classes(self) -> "Contract":
        if self.target.has_classes != bool(self.classes):
            expected = "required" if self.target.has_classes else "not allowed"
            raise ValueError(f"`classes` is {expected} for {self.task}")
        return self

    @property
    def target(self) -> TargetKindTraits:
        """Properties of the kind of the target."""
        return target_traits(self.task)

    @property
    def spec(self) -> InputSpec:
        """The specification of the only input.

        Raises:
            DataError: there are several inputs.
        """
        return self.input_specs[self.named("input")[0]]

    def require(self, kind: str) -> Any:
        """Return the specification of the only input, for a network of inputs of this kind.

        Networks of several inputs ask each contract of `inputs`. The attributes are those of the kind's specification:
        `statistics` of images, rows, vectors and windows, `tokenizer` of texts, `rate` of audio, `numbers` and
        `categories` of rows, `values` of windows.

        Raises:
            DataError: the table holds another kind of input, or several.
        """
        if self.input_kind != kind:
            raise DataError(
                f"The table holds {self.input_kind} inputs; this network expects a table of {input_traits(kind).noun}."
            )
        return self.spec

    @property
    def input_kind(self) -> str:
        """Kind of the inputs, as in `prepare.input`."""
        return RECORD if self.is_record else self.spec.kind

    @property
    def feature(self) -> InputKindTraits:
        """Properties of the kind of the input."""
        return input_traits(self.input_kind)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the input columns: one, or one for each of several inputs."""
        return tuple(self.input_specs)

    @property
    def inputs(self) -> dict[str, "Contract"]:
        """The contract of each of several inputs by its name, as if it were the only one.

        A network's `build` passes it to what expects one input; classes and task are those of the table.
        """
        if not self.is_record:
            return {self.named("input")[0]: self}
        others = {name: column for name, column in self.columns.items() if column.role != "input"}
        return {
            name: self.model_copy(
                update={
                    "columns": {name: self.columns[name], **others},
                    "input_specs": {name: spec},
                    "is_record": False,
                }
            )
            for name, spec in self.input_specs.items()
        }

    def named(self, role: str) -> tuple[str, Column]:
        """Return the name and the column with `role`.

        Raises:
            DataError: there are several inputs.
            KeyError: no column has this role.
        """
        if role == "input" and self.is_record:
            raise DataError(
                f"The table holds several inputs ({', '.join(self.input_specs)}), and a network for one input cannot "
                "take them; expected a network that reads contract.inputs, such as models/image_text.py."
            )
        for name, column in self.columns.items():
            if column.role == role:
                return name, column
        raise KeyError(f"the table has no column with role {role!r}")

    @property
    def record_inputs(self) -> dict[str, "Contract"]:
        """The contract of each of several inputs by its name, see `inputs`.

        Raises:
            DataError: there is one input.
        """
        if not self.is_record:
            raise DataError(
                f"The table holds {self.input_kind} inputs; this network expects a table of records of several inputs."
            )
        return self.inputs

    @property
    def weight_name(self) -> str | None:
        """Name of the column with the row weights for training; None if there is none."""
        return next((name for name, column in self.columns.items() if column.role == "weight"), None)

    @property
    def statistics(self) -> Statistics | None:
        """Statistics of the only input; None for texts and audio, and for several inputs."""
        return None if self.is_record else self.spec.statistics

    @property
    def vocabulary(self) -> "Tokenizer | None":
        """Tokens that a network of the only input embeds; None if it receives values, and for several inputs."""
        return None if self.is_record else self.spec.vocabulary

    @property
    def outputs(self) -> int:
        """Number of model outputs per row, or of masks per pixel.

        One per class, one in regression, or one per component of a vector.
        """
        outputs: int = target_module(self.task, "network_output_and_loss_settings_check").count(self)
        return outputs

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of a model's outputs for a row: (outputs,), or of masks (height, width, outputs)."""
        pixels = self.named("target")[1].fixed_shape if self.target.is_per_pixel else ()
        return (*pixels, self.outputs)

    def rows_at_once(self, most: int) -> int:
        """Return how many rows a model predicts at once: `most`, or fewer if an output has many pixels.

        256 masks of 512 x 512 pixels and 21 classes would be 5.6 GB, and the layers before them more.
        """
        pixels = math.prod(self.output_shape[:-1])
        return max(1, min(most, MAX_PIXELS_AT_ONCE // pixels))

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
        return self.spec.model_dtype or self.named("input")[1].dtype

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of one decoded input.

        Images (height, width, channels), texts (None,), windows (length, features), audio (samples,), rows (columns,).
        """
        return self.named("input")[1].shape
