"""Configuration section for windows over time series."""

from typing import Annotated

from pydantic import Field

from headrace.config.base_section import NonEmptyStr, Positive, Section


class Windows(Section):
    """The rows of a window, and the row that it predicts, whose `data.source.columns.label` is the target."""

    values: Annotated[tuple[NonEmptyStr, ...], Field(min_length=1)] = Field(
        description="numeric columns that the model receives, in this order"
    )
    time: NonEmptyStr = Field(description="timestamp column: timestamps, or numbers of seconds")
    series: NonEmptyStr | None = Field(
        None, description="column that names the series of a row; null: all rows form one series"
    )
    every_seconds: Positive = Field(
        3600,
        description=(
            "seconds between two consecutive rows of a series; any other distance is a gap, and no window spans a gap"
        ),
    )
    length: Positive = Field(24, description="rows per window")
    horizon: Positive = Field(1, description="rows from the last row of a window to the row to predict")
    step: Positive = Field(1, description="rows between the starts of two consecutive windows")
    season: Positive | None = Field(
        None,
        description=(
            "period of the series in rows, such as 24 for hourly data with a daily period; evaluation then "
            "reports the error of the seasonal-naive prediction (the value one season before)"
        ),
    )

    @property
    def span(self) -> int:
        """Return the number of rows from the first row of a window to the row to predict."""
        return self.length - 1 + self.horizon
