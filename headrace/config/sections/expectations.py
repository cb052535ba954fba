"""What must be true of a version of a table before it is committed."""

from typing import Annotated, Literal

from pydantic import Field

from headrace.config.base import Fraction, Positive, Section


class Range(Section):
    """From `min` to `max`, both included; None sets no bound."""

    min: float | None = None
    max: float | None = None


class Expectations(Section):
    """What must be true of a version before it is committed."""

    on_failure: Literal["refuse", "warn"] = Field("refuse", description="what follows when one of these is not true")
    rows: dict[Literal["train", "val", "test"], Positive] = Field(
        default_factory=dict, description="least number of rows by split"
    )
    classes: tuple[str, ...] | None = Field(None, description="the only classes allowed")
    class_share: Range = Field(Range(), description="of every class in the training split, from 0 to 1")
    mean: Range = Field(Range(), description="of every channel, in units of stored values (0 to 255)")
    standard_deviation: Range = Field(Range(), description="of every channel")
    rejected: Fraction | None = Field(None, description="largest fraction of rejected records")
    new_rejected: Fraction | None = Field(
        None, description="largest fraction of rejected records among those that are new since the version before"
    )
    duplicates: Fraction | None = Field(None, description="largest fraction of dropped duplicates")
    mean_drift: Annotated[float, Field(ge=0)] | None = Field(
        None, description="largest change of a channel's mean since the version before, in its standard deviations"
    )
    class_drift: Fraction | None = Field(
        None, description="largest change of the classes' shares since the version before: half the sum of changes"
    )
