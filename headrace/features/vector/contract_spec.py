"""The part of a contract that describes vectors; importable without an engine."""

from collections.abc import Mapping
from typing import Literal

from headrace.features.contract_spec import CellType, InputSpec, Statistics


class VectorSpec(InputSpec):
    """Vectors of numbers, whose statistics are those of their components.

    Attributes:
        column: column of the source.
    """

    kind: Literal["vector"] = "vector"
    statistics: Statistics
    column: str

    @property
    def cell_types(self) -> Mapping[str, CellType]:
        """See `InputSpec`."""
        return {self.column: "vector"}


SPEC = VectorSpec
