"""A line chart over steps, as coordinates of an SVG of fixed size; the macro `curve` of macros.html.jinja draws it."""

from dataclasses import dataclass

from headrace.html.axis_scale import Axis, fraction_axis, step_axis, value_axis
from headrace.html.template_filters import count, is_bounded, is_fraction, metric, sentence, within_0_and_1, words
from headrace.runs.metrics_log_reader import Metrics, MetricsLog, points

WIDTH, HEIGHT = 440.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 50.0, 422.0, 10.0, 200.0
BUCKETS = 370

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Tick:
    """A grid line of the chart, with its label."""

    position: float
    label: str


@dataclass(frozen=True)
class Mark:
    """The value of one epoch; `text` describes it."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, kw_only=True)
class EmptyChart:
    """The title, the description and the grid of a chart in a box of WIDTH by HEIGHT."""

    title: str
    summary: str
    logarithmic: bool
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


@dataclass(frozen=True, kw_only=True)
class Chart(EmptyChart):
    """A metric of one run; `steps` and the two epoch lines are SVG paths."""

    steps: str
    training: tuple[Mark, ...]
    training_line: str
    validation: tuple[Mark, ...]
    validation_line: str


@dataclass(frozen=True)
class ChartFrame:
    """The axes of a chart of the metric `name`, and the position of a value between them."""

    x: Axis
    y: Axis
    name: str
    fractions: bool

    @property
    def x_ticks(self) -> tuple[Tick, ...]:
        """Return the ticks of the steps."""
        return tuple(Tick(self.position(tick, self.y.low)[0], count(tick)) for tick in self.x.ticks)

    @property
    def y_ticks(self) -> tuple[Tick, ...]:
        """Return the ticks of the values."""
        return tuple(Tick(self.position(0, tick)[1], self.format_tick(tick)) for tick in self.y.ticks)

    def format_tick(self, value: float) -> str:
        """Return the label of a tick."""
        return f"{100 * value:.4g}%" if self.fractions else f"{value:,.6g}"

    def format(self, value: float) -> str:
        """Return a value as text."""
        return metric(value, self.name)

    def position(self, step: float, value: float) -> tuple[float, float]:
        """Return the position in the chart."""
        across, up = self.x.position(step), self.y.position(value)
        return round(LEFT + across * (RIGHT - LEFT), 1), round(BOTTOM - up * (BOTTOM - TOP), 1)

    def path(self, line: Points) -> str:
        """Return an SVG path."""
        if len(line) == 1:
            x, y = self.position(*line[0])
            return f"M{x - 4:g} {y:g}h4"
        return "M" + "L".join("{:g} {:g}".format(*self.position(*point)) for point in line) if line else ""

    def marks(self, epochs: tuple[Metrics, ...], name: str, split: str) -> tuple[Mark, ...]:
        """Return the values of the metric `name` by epoch."""
        epoch_numbers = {line["step"]: line.get("epoch", 0.0) + 1 for line in epochs}
        return tuple(
            Mark(
                *self.position(step, value),
                f"{split} {words(self.name)} after epoch {count(epoch_numbers[step])}: {self.format(value)}",
            )
            for step, value in points(epochs, name)
        )


def curve(history: MetricsLog, name: str) -> Chart | None:
    """Return the chart of the metrics `name` and `val_` + `name`; None if no value is finite."""
    steps = points(history.steps, name)
    training, validation = points(history.epochs, name), points(history.epochs, f"val_{name}")
    all_points = steps + training + validation
    if not all_points:
        return None
    frame = make_frame(name, all_points)
    return Chart(
        title=words(name),
        summary=_summary(frame, steps or training, validation),
        logarithmic=frame.y.logarithmic,
        x_ticks=frame.x_ticks,
        y_ticks=frame.y_ticks,
        steps=frame.path(thin(steps)),
        training=frame.marks(history.epochs, name, "training"),
        training_line=frame.path(training),
        validation=frame.marks(history.epochs, f"val_{name}", "validation"),
        validation_line=frame.path(validation),
    )


def make_frame(name: str, all_points: Points) -> ChartFrame:
    """Return the axes for all these points of the metric `name`, at least one."""
    steps, values = [step for step, _ in all_points], [value for _, value in all_points]
    fractions = is_fraction(name) and all(map(within_0_and_1, (min(values), max(values))))
    bounded = is_bounded(name) and all(map(within_0_and_1, (min(values), max(values))))
    y = fraction_axis(values) if bounded else value_axis(values)
    return ChartFrame(step_axis(steps), y, name, fractions)


def _summary(frame: ChartFrame, line: Points, validation: Points) -> str:
    text = f"{sentence(words(frame.name))} by training step"
    if line:
        (first, start), (last, end) = line[0], line[-1]
        text += f": {frame.format(start)} at step {count(first)}, {frame.format(end)} at step {count(last)}"
    return text + (f"; on the validation split {frame.format(validation[-1][1])} at the end." if validation else ".")


def thin(line: Points) -> Points:
    """Return at most two points per pixel: the lowest and highest value of each interval, so that no peak is lost."""
    if len(line) <= 2 * BUCKETS:
        return line
    size = -(-len(line) // BUCKETS)
    intervals = (line[start : start + size] for start in range(0, len(line), size))
    extremes = (
        {min(interval, key=lambda point: point[1]), max(interval, key=lambda point: point[1])} for interval in intervals
    )
    return [point for pair in extremes for point in sorted(pair)]
