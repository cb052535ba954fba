"""Configuration section for vectors of numbers, such as embeddings."""

from typing import Literal

from pydantic import Field

from headrace.config.base_section import NonEmptyStr, Positive, Section


class Vector(Section):
    """The column that holds vectors of numbers: a list in Parquet, ORC, JSON or a DataFrame, or its JSON text."""

    kind: Literal["vector"] = Field("vector", description="vector: a list of numbers")
    column: NonEmptyStr = Field("vector", description="column of the vectors")
    size: Positive = Field(description="numbers of a vector; a record with more or fewer is rejected")
    missing: Literal["reject", "empty"] = Field(
        "reject", description="records without a vector. reject: they are rejected; empty: all numbers are 0"
    )
    content: Literal["numbers"] = Field("numbers", description="what the column holds: lists of numbers")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the source that form the input."""
        return (self.column,)
