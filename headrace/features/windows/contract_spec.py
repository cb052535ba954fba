"""The part of a contract that describes windows of time series; importable without an engine."""

from typing import TYPE_CHECKING, Literal, Self

from headrace.errors import DataError
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.wording import join_names

if TYPE_CHECKING:
    from headrace.contract import Contract


class WindowSpec(InputSpec):
    """The layout of the windows in a table of time series.

    Attributes:
        values: features of a window, in order.
        label: column that is predicted.
        every_seconds: seconds between consecutive rows of a window.
        horizon: rows between the last row of a window and the predicted row.
        season: rows per seasonal period; None if unknown.
    """

    kind: Literal["windows"] = "windows"
    statistics: Statistics
    values: tuple[str, ...]
    label: str
    every_seconds: int
    horizon: int
    season: int | None = None

    @property
    def layout(self) -> str:
        """See `InputSpec`."""
        season = f", with a season of {self.season} rows" if self.season else ""
        return (
            f"windows of {', '.join(self.values)} that predict {self.label} {self.horizon} rows of "
            f"{self.every_seconds} s ahead{season}"
        )

    @property
    def value_names(self) -> tuple[str, ...]:
        """See `InputSpec`."""
        return self.values

    @property
    def label_feature(self) -> int | None:
        """Index of the predicted column among the features; None if it is not a feature."""
        return self.values.index(self.label) if self.label in self.values else None

    @property
    def structure(self) -> object:
        """See `InputSpec`."""
        return self.model_dump(exclude={"statistics"})

    def require_same(self, table: Self, table_name: object) -> None:
        """See `InputSpec`."""
        if self.structure != table.structure:
            raise DataError(
                f"The bundle is for {self.layout}; the table holds {table.layout}. Prepare the table with the bundle's "
                "settings."
            )

    def interface_change(self, new: Self) -> str | None:
        """See `InputSpec`."""
        same = self.structure == new.structure
        return None if same else f"The inputs were {self.layout} and are {new.layout}."

    def transfer_changes(self, table: Self, table_name: object) -> list[str]:
        """See `InputSpec`."""
        changes = super().transfer_changes(table, table_name)
        if self.structure == table.structure:
            return changes
        before, after = self.values, table.values
        if before != after and sorted(before) == sorted(after):
            raise DataError(
                f"The pretrained bundle takes the features {join_names(before)} in this order, but {table_name} holds "
                f"{join_names(after)}; weights would be applied to other features. Set prepare.windows.values to the "
                "pretrained bundle's order and prepare the table again."
            )
        return [f"The pretrained bundle was trained on {self.layout}, the table holds {table.layout}.", *changes]


def windows_of(contract: "Contract") -> WindowSpec | None:
    """Return the layout of the windows; None if the table holds other inputs."""
    spec = None if contract.is_record else contract.spec
    return spec if isinstance(spec, WindowSpec) else None


SPEC = WindowSpec
