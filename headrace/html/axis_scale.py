"""The scale of a chart axis: its range, its ticks and the position of a value. Arithmetic only."""

import math
from dataclasses import dataclass

# Values with a larger ratio of highest to lowest are easier to read on a logarithmic axis.
LARGEST_LINEAR_RATIO = 30.0
# Metrics are 32-bit floats: an accuracy of 1.0000001 is 1, and needs no axis to 1.5.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`, in units of the values; a `logarithmic` axis needs both above 0."""

    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def position(self, value: float) -> float:
        """Return the position of `value` along the axis: 0 at `low`, 1 at `high`."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def fraction_axis(values: list[float]) -> Axis:
    """Return an axis for values from 0 to 1, such as accuracy: from just below the lowest value to 1."""
    below = 1.0 - min(values)
    # Without a value below 1 there is nothing to enlarge.
    step = _round_step((0.4 if below < ROUNDING else max(below, 0.001)) / 4)
    low = max(0.0, min(1.0 - step, math.floor(min(values) / step + 1e-9) * step))
    return Axis(low, 1.0, _multiples(step, low, 1.0))


def step_axis(values: list[float]) -> Axis:
    """Return an axis for step numbers: from 0 to the last, ticks at whole numbers."""
    high = max(1.0, max(values))
    step = max(1.0, _round_step(high / 5))
    return Axis(0.0, high, _multiples(step if step.is_integer() else 2 * step, 0.0, high))


def value_axis(values: list[float]) -> Axis:
    """Return an axis for other values: linear from 0, or logarithmic if values differ by orders of magnitude."""
    low, high = min(values), max(values)
    if low > 0 and high / low > LARGEST_LINEAR_RATIO:
        return Axis(low / 1.15, high * 1.15, _decades(low / 1.15, high * 1.15), logarithmic=True)
    step = _round_step((high - min(low, 0.0)) / 4 or 1.0)
    low, high = math.floor(min(low, 0.0) / step + ROUNDING) * step, math.ceil(high / step - ROUNDING) * step
    high = high if high > low else low + step
    return Axis(low, high, _multiples(step, low, high))


def _round_step(step: float) -> float:
    """Return `step` rounded up to 1, 2, 2.5, 5 or 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= step * (1 - ROUNDING))


def _multiples(step: float, low: float, high: float) -> tuple[float, ...]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(number * step for number in range(first, last + 1))


def _decades(low: float, high: float) -> tuple[float, ...]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1.0,) if math.log10(high / low) > 2.2 else (1.0, 2.0, 5.0)
    ticks = (factor * 10.0**power for power in powers for factor in factors)
    return tuple(tick for tick in ticks if low <= tick <= high)
