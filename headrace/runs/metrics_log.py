"""metrics.jsonl: the figures of a training run, by step and by epoch."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Metrics = dict[str, float]

NOT_METRICS = {"step", "epoch", "seconds", "samples_per_second"}


@dataclass(frozen=True)
class MetricsLog:
    """Each line's numbers, ordered by step; `epoch` counts from 0, `seconds` from the start of training."""

    steps: tuple[Metrics, ...] = ()
    epochs: tuple[Metrics, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of what was measured, loss and accuracy first, without the `val_` ones."""
        found = {name.removeprefix("val_") for line in (*self.steps, *self.epochs) for name in line} - NOT_METRICS
        first = [name for name in ("loss", "accuracy") if name in found]
        return (*first, *sorted(found - set(first)))


def read_metrics(path: Path) -> MetricsLog:
    """The lines of the file at `path`; nothing where there is no file.

    Of two lines for the same step the later one stands: a run that was continued repeats steps.
    """
    steps: dict[float, Metrics] = {}
    epochs: dict[float, Metrics] = {}
    for kind, line in _lines(path):
        (steps if kind == "step" else epochs)[line["step"]] = line
    return MetricsLog(_ordered(steps), _ordered(epochs))


def points(lines: tuple[Metrics, ...], name: str) -> list[tuple[float, float]]:
    """(step, value) of `name` where it was measured and is finite."""
    return [(line["step"], line[name]) for line in lines if name in line and math.isfinite(line[name])]


def _lines(path: Path) -> Iterator[tuple[str, Metrics]]:
    if not path.is_file():
        return
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            # A process that was killed leaves half a line, and the one that continued wrote on behind it.
            continue
        if isinstance(line, dict) and line.get("kind") in ("step", "epoch"):
            figures = {name: float(value) for name, value in line.items() if type(value) in (int, float)}
            if "step" in figures:
                yield line["kind"], figures


def _ordered(lines: dict[float, Metrics]) -> tuple[Metrics, ...]:
    return tuple(lines[step] for step in sorted(lines))
