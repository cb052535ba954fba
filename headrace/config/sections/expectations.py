"""Configuration section for the checks that a table version must pass before it is committed."""

from typing import Annotated, Literal

from pydantic import Field

from headrace.config.base_section import Fraction, Positive, Section


class Range(Section):
    """A range from `min` to `max`, both inclusive; None means unbounded."""

    min: float | None = Field(None, description="lower bound, inclusive; null: unbounded")
    max: float | None = Field(None, description="upper bound, inclusive; null: unbounded")


class Expectations(Section):
    """Conditions that a table version must satisfy before it is committed."""

    on_failure: Literal["refuse", "warn"] = Field(
        "refuse",
        description="refuse: do not commit a version that violates an expectation; warn: commit it and log a warning",
    )
    rows: dict[Literal["train", "val", "test"], Positive] = Field(
        default_factory=dict, description="minimum number of rows by split, such as {train: 1000, val: 100}"
    )
    classes: tuple[str, ...] | None = Field(
        None, description="allowed class names; any other class violates the expectation"
    )
    class_share: Range = Field(Range(), description="allowed share of each class in the training split, from 0 to 1")
    mean: Range = Field(Range(), description="allowed mean of each channel, in units of stored values (0 to 255)")
    standard_deviation: Range = Field(
        Range(), description="allowed standard deviation of each channel, in units of stored values (0 to 255)"
    )
    rejected: Fraction | None = Field(None, description="maximum fraction of rejected records")
    new_rejected: Fraction | None = Field(
        None, description="maximum fraction of rejected records among the records added since the previous version"
    )
    duplicates: Fraction | None = Field(None, description="maximum fraction of dropped duplicates")
    mean_drift: Annotated[float, Field(ge=0)] | None = Field(
        None,
        description=(
            "maximum change of a channel's mean since the previous version, in standard deviations of the channel"
        ),
    )
    class_drift: Fraction | None = Field(
        None,
        description=(
            "maximum change of the class distribution since the previous version: half the sum of the "
            "absolute changes of the class shares (total variation distance)"
        ),
    )
