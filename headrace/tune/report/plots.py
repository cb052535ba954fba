"""The plots of a study: its history, its trials by epoch, and each parameter against the value."""

import math
from collections.abc import Sequence

from headrace.config.sections.tuning import Parameter
from headrace.html.axis import Axis, step_axis
from headrace.html.formatting import metric, words
from headrace.html.line_chart import Tick
from headrace.html.trial_plot import Dot, Frame, Line, Plot, best_so_far, metric_axis
from headrace.tune.study.folder import StudyRecord
from headrace.tune.study.trial_records import TrialRecord, best_trial

MAX_LABELS = 8
LONGEST_LABEL = 12


class Plots:
    """Of the trials that have a value."""

    def __init__(self, study: StudyRecord, records: Sequence[TrialRecord]) -> None:
        self.study, self.metric = study, study.metric
        self.best = best_trial(records, study.direction)
        self.valued = [(one, one.value) for one in records if one.value is not None and math.isfinite(one.value)]

    def history(self) -> Plot | None:
        """The value of every trial, and the best until then; None where no trial has one."""
        if not self.valued:
            return None
        frame = self._frame(step_axis([one.number for one, _ in self.valued]))
        sign = 1.0 if self.study.direction == "minimize" else -1.0
        complete = [(float(one.number), value) for one, value in self.valued if one.state == "complete"]
        corners = best_so_far(complete, sign)
        text = f"; the best is {self._say(self.best.value)} of trial {self.best.number}" if self.best else ""
        return Plot(
            title="Value by trial",
            summary=f"{words(self.metric)} of {len(self.valued)} trials in their order{text}.",
            across="trial",
            x_ticks=frame.x_ticks,
            y_ticks=frame.y_ticks,
            lines=(Line("training", frame.path(corners), "the best until then"),) if corners else (),
            dots=tuple(self._dot(one, *frame.at(one.number, value)) for one, value in self.valued),
        )

    def by_epoch(self) -> Plot | None:
        """The figures of every trial while it was trained; None where there are none."""
        trials = [one for one, _ in self.valued if one.figures]
        if not trials:
            return None
        values = [value for one in trials for _, value in one.figures]
        frame = Frame(step_axis([one.epochs for one in trials]), metric_axis(values, self.metric), self.metric)
        # The best is drawn last, above the others.
        ordered = sorted(trials, key=lambda one: one == self.best)
        return Plot(
            title="Value by epoch",
            summary=f"{words(self.metric)} of {len(trials)} trials after each epoch.",
            across="epoch",
            x_ticks=frame.x_ticks,
            y_ticks=frame.y_ticks,
            lines=tuple(Line(f"trial {self._kind(one)}", frame.path(one.figures), self._text(one)) for one in ordered),
        )

    def of_parameter(self, key: str, parameter: Parameter) -> Plot | None:
        """The value of every trial over that of one parameter; None where no trial has one."""
        if not self.valued:
            return None
        labels = [label(choice) for choice in parameter.choices]
        frame = self._frame(parameter_axis(parameter))
        ticks = tuple(Tick(frame.at(place, frame.y.low)[0], text) for place, text in enumerate(labels))
        places = [(one, self._place(one, key, labels), value) for one, value in self.valued]
        return Plot(
            title=key,
            note=", logarithmic axis" if parameter.log else "",
            summary=f"{words(self.metric)} of {len(places)} trials by {key}.",
            across=key.rpartition(".")[2],
            x_ticks=ticks[:: -(-len(ticks) // MAX_LABELS)] if labels else frame.x_ticks,
            y_ticks=frame.y_ticks,
            dots=tuple(self._dot(one, *frame.at(place, value), key) for one, place, value in places),
        )

    def _frame(self, across: Axis) -> Frame:
        return Frame(across, metric_axis([value for _, value in self.valued], self.metric), self.metric)

    def _place(self, one: TrialRecord, key: str, labels: list[str]) -> float:
        value = one.parameters[key]
        return labels.index(label(value)) if labels else float(str(value))

    def _dot(self, one: TrialRecord, x: float, y: float, key: str | None = None) -> Dot:
        return Dot(self._kind(one), x, y, self._text(one) + (f", {key} {one.parameters[key]}" if key else ""))

    def _kind(self, one: TrialRecord) -> str:
        return "best" if one == self.best else one.state

    def _text(self, one: TrialRecord) -> str:
        return f"trial {one.number}, {one.state}: {self._say(one.value)}"

    def _say(self, value: float | None) -> str:
        return "no value" if value is None else metric(value, self.metric)


def label(choice: object) -> str:
    """A choice in few letters."""
    text = " ".join(str(one) for one in choice) if isinstance(choice, list | tuple) else str(choice)
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def parameter_axis(parameter: Parameter) -> Axis:
    """From a parameter's low to its high; for choices their places, with room at both ends."""
    if parameter.kind == "categorical":
        return Axis(-0.5, len(parameter.choices) - 0.5, ())
    low, high = float(parameter.low or 0.0), float(parameter.high or 0.0)
    if not parameter.log:
        return Axis(low, high, tuple(low + part * (high - low) / 4 for part in range(5)))
    powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    inner = [10.0**power for power in powers]
    return Axis(low, high, tuple(inner if len(inner) > 1 else (low, math.sqrt(low * high), high)), logarithmic=True)
