"""A chart whose axes both range from 0 to 1, as coordinates of an SVG of fixed size; the macro `square` draws it."""

from collections.abc import Iterable
from dataclasses import dataclass

WIDTH, HEIGHT = 340.0, 322.0
LEFT, RIGHT, TOP, BOTTOM = 66.0, 330.0, 10.0, 274.0
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Line:
    """An SVG path; `text` describes it."""

    path: str
    text: str
    worst: bool


@dataclass(frozen=True)
class Dot:
    """A value with its interval; `low` and `high` are vertical positions; `text` describes it."""

    x: float
    y: float
    low: float
    high: float
    text: str


@dataclass(frozen=True)
class Share:
    """A bar on the horizontal axis."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, kw_only=True)
class UnitChart:
    """Coordinates in a box of WIDTH by HEIGHT.

    Attributes:
        diagonal: whether to draw the line from (0, 0) to (1, 1).
        note: text of the caption after the title.
        across_ticks: value, 0 to 1, and label of each tick on the horizontal axis; empty: percentages.
    """

    title: str
    note: str
    summary: str
    across: str
    up: str
    diagonal: bool
    lines: tuple[Line, ...] = ()
    dots: tuple[Dot, ...] = ()
    shares: tuple[Share, ...] = ()
    across_ticks: tuple[tuple[float, str], ...] = ()

    @property
    def up_ticks(self) -> list[tuple[float, str]]:
        """Return the position and the label of each tick on the vertical axis."""
        return [(y_position(value), f"{100 * value:.0f}%") for value in TICKS]

    @property
    def positioned_across_ticks(self) -> list[tuple[float, str]]:
        """Return the position and the label of each tick on the horizontal axis."""
        ticks = self.across_ticks or tuple((value, f"{100 * value:.0f}%") for value in TICKS)
        return [(x_position(value), label) for value, label in ticks]


def x_position(value: float) -> float:
    """Return the horizontal position of a value from 0 to 1."""
    return round(LEFT + value * (RIGHT - LEFT), 1)


def y_position(value: float) -> float:
    """Return the vertical position of a value from 0 to 1."""
    return round(BOTTOM - value * (BOTTOM - TOP), 1)


def path(points: Iterable[tuple[float, float]]) -> str:
    """Return an SVG path through `points`."""
    return "M" + "L".join(f"{x_position(across):g} {y_position(up):g}" for across, up in points)
