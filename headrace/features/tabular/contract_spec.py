"""The part of a contract that describes rows of numbers and categories; importable without an engine."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from headrace.errors import DataError
from headrace.features.contract_spec import CellType, FittedFile, InputSpec, Statistics
from headrace.wording import quantity


class TabularSpec(InputSpec):
    """The layout of a row of numbers and categories, which a table stores as float32 numbers.

    The numbers come first, as they are in the source; the statistics are theirs. A category is the number of its value:
    0 for a missing one, 1 for one that is not in the vocabulary, and from 2 on the values of the vocabulary; float32
    holds all of them exactly.

    Attributes:
        numbers: columns of numbers, in order.
        categories: number of values of each column of categories, in order; every stored value is smaller.
        file: the vocabularies as a JSON file, relative to the table's folder; named by its hash, never rewritten.
    """

    kind: Literal["tabular"] = "tabular"
    statistics: Statistics
    numbers: tuple[str, ...]
    categories: dict[str, int]
    file: str
    sha256: str

    fitted_name: ClassVar[str] = "categories.json"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return (*self.numbers, *self.categories)

    @property
    def fitted(self) -> FittedFile:
        """See `InputSpec`."""
        return FittedFile(self.fitted_name, self.file, self.sha256)

    def with_fitted(self, path: str) -> Self:
        """See `InputSpec`."""
        return self.model_copy(update={"file": path})

    @property
    def layout(self) -> str:
        """See `InputSpec`."""
        # Two ids stand for no value of the source: those of missing and of unknown ones.
        sizes = (f"{name} ({quantity(size - 2, 'known value')})" for name, size in self.categories.items())
        return f"rows of {', '.join((*self.numbers, *sizes))}"

    @property
    def value_names(self) -> tuple[str, ...]:
        """See `InputSpec`."""
        return self.numbers

    @property
    def cell_types(self) -> Mapping[str, CellType]:
        """See `InputSpec`."""
        types: dict[str, CellType] = dict.fromkeys(self.numbers, "number")
        return types | dict.fromkeys(self.categories, "category")

    @property
    def structure(self) -> object:
        """See `InputSpec`."""
        return [*self._columns, self.sha256]

    @property
    def _columns(self) -> tuple[object, ...]:
        return self.numbers, tuple(self.categories.items())

    def _difference(self, table: Self, owner: str, table_name: object) -> str | None:
        if self._columns == table._columns and self.sha256 == table.sha256:
            return None
        same = self._columns == table._columns
        others = " with other values, or with the same values in another order" if same else ""
        return f"{owner} takes {self.layout}, but {table_name} holds {table.layout}{others}"

    def require_same(self, table: Self, table_name: object) -> None:
        """See `InputSpec`."""
        if difference := self._difference(table, "The bundle", table_name):
            raise DataError(
                f"{difference}. Prepare its rows as the next version of the table that the bundle was trained on."
            )

    def interface_change(self, new: Self) -> str | None:
        """See `InputSpec`."""
        if self._difference(new, "", "") is None:
            return None
        return f"Inputs were {self.layout} and are {new.layout}, and values have other numbers."

    def transfer_changes(self, table: Self, table_name: object) -> list[str]:
        """See `InputSpec`."""
        if difference := self._difference(table, "The pretrained bundle", table_name):
            raise DataError(
                f"{difference}; weights would be applied to other values. Fine-tune on the next version of the "
                "pretrained bundle's table."
            )
        return super().transfer_changes(table, table_name)


SPEC = TabularSpec
