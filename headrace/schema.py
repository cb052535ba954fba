"""The contract between a table and a model: the columns, the classes and the statistics of a version.

A model's `build(contract, **options)` reads its input shape, its number of classes and its normalisation
here, so that nothing about the data is written twice.
"""

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Column(BaseModel):
    """What a column of the table holds and what it is for.

    `codec` says how the stored value becomes an array of `dtype` and `shape`: `raw` bytes, `png` or `jpeg`
    for images (height, width, channels); `plain` for a value stored as itself.
    """

    model_config = ConfigDict(frozen=True)

    role: Literal["input", "target", "identity"]
    codec: Literal["raw", "png", "jpeg", "plain"]
    dtype: str
    shape: tuple[int, ...] = ()


class Statistics(BaseModel):
    """Per channel, over the training split, in units of the stored values (0 to 255 for images)."""

    model_config = ConfigDict(frozen=True)

    mean: tuple[float, ...]
    variance: tuple[float, ...]

    @property
    def standard_deviation(self) -> tuple[float, ...]:
        """The square root of the variance, per channel."""
        return tuple(math.sqrt(value) for value in self.variance)


class Contract(BaseModel):
    """What a model may rely on."""

    model_config = ConfigDict(frozen=True)

    columns: dict[str, Column]
    classes: tuple[str, ...]
    statistics: Statistics

    def named(self, role: str) -> tuple[str, Column]:
        """The name and the column that has `role`.

        Raises:
            KeyError: there is none.
        """
        for name, column in self.columns.items():
            if column.role == role:
                return name, column
        raise KeyError(f"the table has no column with role {role!r}")

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one decoded input: (height, width, channels) for images."""
        return self.named("input")[1].shape
