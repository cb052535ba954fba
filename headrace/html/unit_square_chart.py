"""A chart whose axes both go from 0 to 1, as numbers for an SVG of fixed size; `square.svg.jinja` draws it."""

from collections.abc import Iterable
from dataclasses import dataclass

WIDTH, HEIGHT = 340.0, 322.0
LEFT, RIGHT, TOP, BOTTOM = 66.0, 330.0, 10.0, 274.0
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Line:
    """An SVG path; `text` says it in words."""

    path: str
    text: str
    worst: bool


@dataclass(frozen=True)
class Dot:
    """A figure with its interval, both ends of which are positions up; `text` says it in words."""

    x: float
    y: float
    low: float
    high: float
    text: str


@dataclass(frozen=True)
class Share:
    """A bar that stands on the axis across."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, kw_only=True)
class UnitChart:
    """Positions in a box of WIDTH by HEIGHT.

    Attributes:
        diagonal: whether the line from (0, 0) to (1, 1) is drawn.
        note: what the caption says besides the title.
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

    @property
    def ticks(self) -> list[tuple[float, float, str]]:
        """Of each tick its position across, its position up, and its label."""
        return [(x_position(value), y_position(value), f"{100 * value:.0f}%") for value in TICKS]


def x_position(value: float) -> float:
    """The position across of a value from 0 to 1."""
    return round(LEFT + value * (RIGHT - LEFT), 1)


def y_position(value: float) -> float:
    """The position up of a value from 0 to 1."""
    return round(BOTTOM - value * (BOTTOM - TOP), 1)


def path(points: Iterable[tuple[float, float]]) -> str:
    """An SVG path through `points`."""
    return "M" + "L".join(f"{x_position(across):g} {y_position(up):g}" for across, up in points)
