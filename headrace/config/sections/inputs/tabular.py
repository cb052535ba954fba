"""Configuration section for columns of numbers and categories."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from headrace.config.base_section import NonEmptyStr, Positive, Section, strip_backticks


class Tabular(Section):
    """The columns of a table that a model receives; each row is one record."""

    numbers: tuple[NonEmptyStr, ...] = Field(
        (), description="columns of numbers, in this order; a network normalises them by the training split"
    )
    categories: tuple[NonEmptyStr, ...] = Field(
        (),
        description=(
            "columns of categories, in this order: names, codes, anything without an order. A missing value "
            "is a category of its own"
        ),
    )
    missing: Literal["reject", "mean"] = Field(
        "reject",
        description=(
            "rows with a missing number. reject: they are rejected; mean: the number becomes the mean of the training "
            "split"
        ),
    )
    vocabulary: Annotated[int, Field(ge=1, le=16_000_000)] = Field(
        10_000, description="maximum number of known values per category, the most frequent of the training split"
    )
    min_count: Positive = Field(
        2, description="values of a category that are rarer in the training split share one value, that of unknown ones"
    )

    @property
    def names(self) -> tuple[str, ...]:
        """Return all columns in the order in which a model receives them: numbers, then categories."""
        return self.numbers + self.categories

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the source that form the input."""
        return self.names

    @model_validator(mode="after")
    def _require_distinct_columns(self) -> "Tabular":
        if not self.names:
            raise ValueError("name at least one column in `numbers` or `categories`")
        names = list(map(strip_backticks, self.names))
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"the column {repeated[0]!r} is named twice; a column is either a number or a category")
        return self
