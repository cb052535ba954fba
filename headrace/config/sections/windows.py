"""How rows of numbers, one a moment, become windows of them."""

from typing import Annotated

from pydantic import Field

from headrace.config.base import NonEmptyStr, Positive, Section


class Windows(Section):
    """Which rows one example is made of, and which one it is to foretell: `data.source.columns.label` of that row."""

    values: Annotated[tuple[NonEmptyStr, ...], Field(min_length=1)] = Field(
        description="the columns of numbers that a model is given, in this order"
    )
    time: NonEmptyStr = Field(description="the column of moments: a time of day, or a number of seconds")
    series: NonEmptyStr | None = Field(
        None, description="the column that names the series a row belongs to; all rows are one if not given"
    )
    every_seconds: Positive = Field(
        3600, description="between a row and the next of its series; where it is not, there is a gap, and no window"
    )
    length: Positive = Field(24, description="rows of a window")
    horizon: Positive = Field(1, description="rows from the last one of a window to the one to foretell")
    step: Positive = Field(1, description="rows from the begin of a window to that of the next")
    season: Positive | None = Field(
        None,
        description="rows after which values come back, such as 24 for the hours of a day; evaluation then says what "
        "answering with the value of one season before would reach",
    )

    @property
    def span(self) -> int:
        """Rows from the first one of a window to the one that is foretold."""
        return self.length - 1 + self.horizon
