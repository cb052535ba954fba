"""The plots of a study: values by trial, by epoch, and by each parameter."""

import math
from collections.abc import Sequence

from headrace.config.sections.tuning import Parameter
from headrace.html.axis_scale import Axis, step_axis
from headrace.html.line_chart import Tick
from headrace.html.template_filters import metric, words
from headrace.tune.report.plot_geometry import Plot, PlotFrame, PlotLine, TrialDot, best_so_far, metric_axis
from headrace.tune.study.study_folder import StudyRecord
from headrace.tune.study.trial_summaries import TrialRecord, best_trial
from headrace.wording import quantity

MAX_LABELS = 8
MAX_LABEL_LENGTH = 12


class Plots:
    """The plots of a study's trials that have a finite value."""

    def __init__(self, study: StudyRecord, records: Sequence[TrialRecord]) -> None:
        self.study, self.metric = study, study.metric
        self.best = best_trial(records, study.direction)
        self.valued = [
            (trial, trial.value) for trial in records if trial.value is not None and math.isfinite(trial.value)
        ]

    def history(self) -> Plot | None:
        """Return the plot of each trial's value and the best value so far; None if no trial has a value."""
        if not self.valued:
            return None
        frame = self._frame(step_axis([trial.number for trial, _ in self.valued]))
        sign = 1.0 if self.study.direction == "minimize" else -1.0
        complete = [(float(trial.number), value) for trial, value in self.valued if trial.state == "complete"]
        corners = best_so_far(complete, sign)
        text = f"; the best is {self._format(self.best.value)} of trial {self.best.number}" if self.best else ""
        return Plot(
            title="Value by trial",
            summary=f"{words(self.metric)} of {quantity(len(self.valued), 'trial')} in order{text}.",
            across="trial",
            x_ticks=frame.x_ticks,
            y_ticks=frame.y_ticks,
            lines=(PlotLine("training", frame.path(corners), "best so far"),) if corners else (),
            dots=tuple(self._dot(trial, *frame.position(trial.number, value)) for trial, value in self.valued),
        )

    def by_epoch(self) -> Plot | None:
        """Return the plot of each trial's intermediate values; None if no trial has any."""
        trials = [trial for trial, _ in self.valued if trial.intermediate_values]
        if not trials:
            return None
        values = [value for trial in trials for _, value in trial.intermediate_values]
        frame = PlotFrame(step_axis([trial.epochs for trial in trials]), metric_axis(values, self.metric), self.metric)
        # Draw the best trial last, on top of the others.
        ordered = sorted(trials, key=lambda trial: trial == self.best)
        return Plot(
            title="Value by epoch",
            summary=f"{words(self.metric)} of {quantity(len(trials), 'trial')} after each epoch.",
            across="epoch",
            x_ticks=frame.x_ticks,
            y_ticks=frame.y_ticks,
            lines=tuple(
                PlotLine(f"trial {self._kind(trial)}", frame.path(trial.intermediate_values), self._text(trial))
                for trial in ordered
            ),
        )

    def by_parameter(self, key: str, parameter: Parameter) -> Plot | None:
        """Return the plot of each trial's value against one parameter; None if no trial has a value."""
        if not self.valued:
            return None
        labels = [label(choice) for choice in parameter.choices]
        frame = self._frame(parameter_axis(parameter))
        ticks = tuple(Tick(frame.position(index, frame.y.low)[0], text) for index, text in enumerate(labels))
        points = [(trial, self._x_value(trial, key, labels), value) for trial, value in self.valued]
        return Plot(
            title=key,
            note=", logarithmic axis" if parameter.log else "",
            summary=f"{words(self.metric)} of {quantity(len(points), 'trial')} by {key}.",
            across=key.rpartition(".")[2],
            x_ticks=ticks[:: -(-len(ticks) // MAX_LABELS)] if labels else frame.x_ticks,
            y_ticks=frame.y_ticks,
            dots=tuple(self._dot(trial, *frame.position(x, value), key) for trial, x, value in points),
        )

    def _frame(self, across: Axis) -> PlotFrame:
        return PlotFrame(across, metric_axis([value for _, value in self.valued], self.metric), self.metric)

    def _x_value(self, trial: TrialRecord, key: str, labels: list[str]) -> float:
        value = trial.parameters[key]
        return labels.index(label(value)) if labels else float(str(value))

    def _dot(self, trial: TrialRecord, x: float, y: float, key: str | None = None) -> TrialDot:
        return TrialDot(
            self._kind(trial), x, y, self._text(trial) + (f", {key} {trial.parameters[key]}" if key else "")
        )

    def _kind(self, trial: TrialRecord) -> str:
        return "best" if trial == self.best else trial.state

    def _text(self, trial: TrialRecord) -> str:
        return f"trial {trial.number}, {trial.state}: {self._format(trial.value)}"

    def _format(self, value: float | None) -> str:
        return "no value" if value is None else metric(value, self.metric)


def label(choice: object) -> str:
    """Return a short label of a choice, at most 12 characters."""
    text = " ".join(str(item) for item in choice) if isinstance(choice, list | tuple) else str(choice)
    return text if len(text) <= MAX_LABEL_LENGTH else text[: MAX_LABEL_LENGTH - 1] + "…"


def parameter_axis(parameter: Parameter) -> Axis:
    """Return the axis from a parameter's low to its high; for choices, over their indices, with space at both ends."""
    if parameter.kind == "categorical":
        return Axis(-0.5, len(parameter.choices) - 0.5, ())
    low, high = float(parameter.low or 0.0), float(parameter.high or 0.0)
    if not parameter.log:
        return Axis(low, high, tuple(low + quarter * (high - low) / 4 for quarter in range(5)))
    powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    inner = [10.0**power for power in powers]
    return Axis(low, high, tuple(inner if len(inner) > 1 else (low, math.sqrt(low * high), high)), logarithmic=True)
