"""The part of a contract that describes one input, beyond the shape and type of its column; each kind has a subclass.

The module `contract_spec` of a kind holds its subclass as `SPEC`. Contracts are compared input by
input with the methods of these classes, so that no other package depends on the kind of an input.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from headrace.errors import DataError
from headrace.features.input_kind_loader import SINGLE_KINDS, input_module, input_traits
from headrace.wording import join_names

if TYPE_CHECKING:
    from headrace.contract import Contract
    from headrace.features.text.contract_spec import Tokenizer

CellType = Literal["number", "category", "vector"]

# Standard deviations; new data of the same source stays far below.
MAX_SHIFT = 0.1


class Statistics(BaseModel):
    """Mean and variance over the training split, in units of the stored values.

    Images have one value per channel, windows one per feature, rows one per number.
    """

    model_config = ConfigDict(frozen=True)

    mean: tuple[float, ...]
    variance: tuple[float, ...]

    @property
    def standard_deviation(self) -> tuple[float, ...]:
        """Square root of the variance, per channel or feature."""
        return tuple(math.sqrt(value) for value in self.variance)

    @property
    def text(self) -> str:
        """Mean and standard deviation with four significant digits."""
        values = (join_names([f"{value:.4g}" for value in one]) for one in (self.mean, self.standard_deviation))
        return "mean {}, standard deviation {}".format(*values)

    def is_near(self, other: "Statistics") -> bool:
        """Return whether `other` is shifted and scaled by at most `MAX_SHIFT` standard deviations."""
        for mean, deviation, shifted, scaled in zip(
            self.mean, self.standard_deviation, other.mean, other.standard_deviation, strict=True
        ):
            unit = max(deviation, SMALLEST_NORMAL_FLOAT32)
            if abs(shifted - mean) / unit > MAX_SHIFT or abs(scaled / unit - 1) > MAX_SHIFT:
                return False
        return True


# The smallest normal float32, in place of a standard deviation of 0.
SMALLEST_NORMAL_FLOAT32 = 2.0**-126


class FittedFile(NamedTuple):
    """A file that preparation fitted, such as a tokenizer.

    Attributes:
        name: name of the file in a bundle, without that of the input.
        path: path of the file, relative to the table's or the bundle's folder.
        sha256: hash of its content.
    """

    name: str
    path: str
    sha256: str


class InputSpec(BaseModel):
    """The properties of one input that a model relies on, beyond the shape and type of its column.

    Attributes:
        kind: kind of the input, as in `prepare.input`.
        statistics: statistics of the stored values; None where a kind has none.
        fitted_name: name in a bundle of the file that preparation fitted; empty if there is none.
        model_dtype: data type in which a model receives the input; None for that of its column.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    statistics: Statistics | None = None

    fitted_name: ClassVar[str] = ""
    model_dtype: ClassVar[str | None] = None

    @classmethod
    def of(cls, contract: "Contract") -> Self:
        """Return the specification of the only input of `contract`.

        Raises:
            DataError: the table holds another kind of input, or several.
        """
        spec = contract.spec
        if isinstance(spec, cls):
            return spec
        expected = input_traits(cls.model_fields["kind"].default).noun
        raise DataError(f"The table holds {contract.input_kind} inputs; expected {expected}.")

    @property
    def fitted(self) -> FittedFile | None:
        """The file that preparation fitted; None if there is none."""
        return None

    def with_fitted(self, path: str) -> Self:
        """Return the specification with another path of the file that preparation fitted."""
        return self

    @property
    def layout(self) -> str:
        """Description of the input for `inspect`, beside its statistics; empty if there is nothing to add."""
        return ""

    @property
    def value_names(self) -> tuple[str, ...]:
        """Names of the values that have a statistic each, such as columns; empty if they have no names."""
        return ()

    @property
    def cell_types(self) -> Mapping[str, CellType]:
        """The columns of raw data that form this input together, and their types; empty if it is one column or file."""
        return {}

    @property
    def vocabulary(self) -> "Tokenizer | None":
        """The tokens that the first layer of a network embeds; None if it receives values."""
        return None

    @property
    def structure(self) -> object:
        """Properties that a network depends on beside kind, shape and type; no statistics, which vary with the rows."""
        return None

    def require_same(self, table: Self, table_name: object) -> None:
        """Raise if a model for this input cannot take the input `table`, whose kind, shape and type are the same.

        Statistics may differ: a bundle normalises with those of its own training data.

        Raises:
            DataError: a property that a model depends on differs.
        """

    def interface_change(self, new: Self) -> str | None:
        """Return what clients of a served model must know if `new` replaces this input; None if nothing changed.

        Kind, shape and type are the same.
        """
        return None

    def transfer_changes(self, table: Self, table_name: object) -> list[str]:
        """Return what differs from the input of a table that the weights of a model for this one are fine-tuned on.

        Raises:
            DataError: weights would be applied to other values.
        """
        before, after = self.statistics, table.statistics
        if before is None or after is None or len(before.mean) != len(after.mean) or before.is_near(after):
            return []
        return [
            f"The network normalises inputs with the table's statistics ({after.text}), the weights were trained with "
            f"the pretrained bundle's ({before.text})."
        ]


def spec_class(kind: str) -> type[InputSpec]:
    """Return the specification's class of the input kind `kind`, which is not a record."""
    found: type[InputSpec] = input_module(kind, "contract_spec").SPEC
    return found


def load_input_spec(given: Any) -> InputSpec:
    """Return the specification that a mapping describes, as the class of its kind.

    Raises:
        ValueError: `given` names no kind.
    """
    if isinstance(given, InputSpec):
        return given
    kind = given.get("kind") if isinstance(given, dict) else None
    if kind not in SINGLE_KINDS:
        raise ValueError(f"the input has the kind {kind!r}; expected one of {', '.join(SINGLE_KINDS)}")
    return spec_class(str(kind)).model_validate(given)
