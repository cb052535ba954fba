"""Read metrics.jsonl: the metrics of a training run by step and by epoch."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Metrics = dict[str, float]

NOT_METRICS = {"step", "epoch", "seconds", "samples_per_second"}


@dataclass(frozen=True)
class MetricsLog:
    """The numbers of each line, ordered by step.

    `epoch` counts from 0; `seconds` is the time of all steps up to the line's, over all attempts, without start-up.
    """

    steps: tuple[Metrics, ...] = ()
    epochs: tuple[Metrics, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the metric names without the prefix `val_`, loss and accuracy first."""
        names = {name.removeprefix("val_") for line in (*self.steps, *self.epochs) for name in line} - NOT_METRICS
        first = [name for name in ("loss", "accuracy") if name in names]
        return (*first, *sorted(names - set(first)))

    def epoch_columns(self, prefix: str = "") -> tuple[str, ...]:
        """Return the names, with `prefix`, of the metrics of which an epoch has a finite value."""
        names = (f"{prefix}{name}" for name in self.metrics)
        return tuple(name for name in names if points(self.epochs, name))

    @property
    def training_seconds(self) -> float:
        """Return the time spent on the logged steps over all attempts, without start-up; 0 if it is not known."""
        return max((line["seconds"] for line in (*self.steps, *self.epochs) if "seconds" in line), default=0.0)


def read_metrics(path: Path) -> MetricsLog:
    """Return the metrics in the file `path`; an empty log where the file does not exist.

    The later of two lines for the same step wins, because a resumed run repeats steps.
    """
    steps: dict[float, Metrics] = {}
    epochs: dict[float, Metrics] = {}
    for kind, line in _lines(path):
        (steps if kind == "step" else epochs)[line["step"]] = line
    return MetricsLog(_ordered(steps), _ordered(epochs))


def points(lines: tuple[Metrics, ...], name: str) -> list[tuple[float, float]]:
    """Return (step, value) of the metric `name` for every line that has a finite value."""
    return [(line["step"], line[name]) for line in lines if name in line and math.isfinite(line[name])]


def _lines(path: Path) -> Iterator[tuple[str, Metrics]]:
    if not path.is_file():
        return
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            # A killed process leaves a partial line, and the resumed process appends to it.
            continue
        if isinstance(line, dict) and line.get("kind") in ("step", "epoch"):
            values = {name: float(value) for name, value in line.items() if type(value) in (int, float)}
            if "step" in values:
                yield line["kind"], values


def _ordered(lines: dict[float, Metrics]) -> tuple[Metrics, ...]:
    return tuple(lines[step] for step in sorted(lines))
