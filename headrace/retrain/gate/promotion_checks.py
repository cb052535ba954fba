"""The checks of the gate: each records its expected and its actual value."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from headrace.compare.comparison_metrics import LOWER_IS_BETTER, default_metric, improvement, metric_label, score
from headrace.compare.deciding_row_counts import deciding_rows, min_deciding_rows
from headrace.config.sections.retraining import Gate
from headrace.evaluate.confidence_intervals import lower_bound
from headrace.evaluate.training_overlap import TrainingOverlap
from headrace.retrain.gate.model_predictions_latency_and_size import ScoredModel
from headrace.retrain.gate.slicing import ModelPair, Slice, gate_drop_and_slices_module, make_slices
from headrace.wording import figure, figure_unlike, join_names, quantity, signed_figure

log = logging.getLogger(__name__)

# Ends the name of the check of the metric that models are compared by.
AGAINST_CHAMPION = " against the champion's"
DECIDING = "test rows that decide"


class Check(BaseModel):
    """The result of one check, as text."""

    model_config = ConfigDict(frozen=True)

    name: str
    passed: bool
    expected: str
    received: str

    def __str__(self) -> str:
        return f"{self.name}: expected {self.expected}, received {self.received}"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Champion and challenger, evaluated on the same rows.

    Attributes:
        champion: current champion; None if no version was promoted yet.
        classes: names of the classes, by index.
        violations: violated expectations of the data.
        overlaps: by name of a model, the test rows that it was trained on.
        training_rows: rows of the training split by class name.
    """

    task: str
    classes: tuple[str, ...]
    champion: ScoredModel | None
    challenger: ScoredModel
    violations: tuple[str, ...]
    overlaps: Mapping[str, TrainingOverlap] = field(default_factory=dict)
    training_rows: Mapping[str, int] = field(default_factory=dict)

    def metric(self, gate: Gate) -> str:
        """Return the metric that the models are compared by."""
        return gate.metric or default_metric(self.task)


def run_checks(comparison: Comparison, gate: Gate) -> list[Check]:
    """Run all checks; the challenger is promoted if it passes every one."""
    checks = [*_overlaps(comparison), *_bounds(comparison, gate), *_costs(comparison, gate)]
    if comparison.champion is not None:
        checks = [
            _better(comparison.champion, comparison, gate),
            *_enough_rows(comparison.champion, comparison, gate),
            *_slices(comparison.champion, comparison, gate),
            *checks,
        ]
    if gate.expectations:
        received = "; ".join(comparison.violations) or "no violation"
        checks.append(_check("expectations of the data", not comparison.violations, "no violation", received))
    return checks


def _overlaps(comparison: Comparison) -> Iterator[Check]:
    for name, overlap in comparison.overlaps.items():
        yield _check(f"test rows in the training data of {name}", not overlap.rows, "none", str(overlap))


def _better(champion: ScoredModel, comparison: Comparison, gate: Gate) -> Check:
    metric, new = comparison.metric(gate), comparison.challenger.predictions
    gain = improvement(comparison.task, metric, champion.predictions, new)
    min_gain = lower_bound(
        lambda sample: improvement(comparison.task, metric, champion.predictions.select(sample), new.select(sample)),
        new.rows,
        gate.confidence,
    )
    confidence = f"with {gate.confidence:.0%} confidence"
    change = _describe_change(comparison.task, metric, champion, comparison.challenger)
    return _check(
        f"{metric_label(metric)}{AGAINST_CHAMPION}",
        min(gain, min_gain) > gate.margin,
        f"an improvement of more than {gate.margin:g} {confidence}",
        f"{change}; lower bound of the improvement: {signed_figure(min_gain)}",
    )


def _enough_rows(champion: ScoredModel, comparison: Comparison, gate: Gate) -> Iterator[Check]:
    """Yield a check of the number of rows that decide the improvement: a bootstrap of few rows is too narrow.

    With a margin below 0 the challenger need not be better, and equal models may pass.
    """
    if gate.margin < 0:
        return
    new, needed = comparison.challenger.predictions, min_deciding_rows(gate.confidence)
    found = deciding_rows(comparison.metric(gate), champion.predictions, new)
    yield _check(
        DECIDING,
        found >= needed,
        f"{needed} or more, for {gate.confidence:.0%} confidence, on which one model is better",
        f"{found} of {quantity(new.rows, 'row')}",
    )


def _slices(champion: ScoredModel, comparison: Comparison, gate: Gate) -> Iterator[Check]:
    """Yield a check per slice: the absolute drop of its score, or in regression the relative increase of its error.

    Slices of few rows are named in a check of their own, which passes.
    """
    models = ModelPair(champion.predictions, comparison.challenger.predictions)
    small = []
    for data_slice in make_slices(
        comparison.task, comparison.classes, models, gate.slices.paths, comparison.training_rows
    ):
        if data_slice.rows < gate.slices.min_rows:
            small.append(data_slice)
            continue
        before, after = (score(comparison.task, data_slice.metric, predictions) for predictions in data_slice.models)
        module = gate_drop_and_slices_module(comparison.task)
        yield _check(
            data_slice.label,
            module.drop(before, after) <= gate.slices.max_drop,
            module.describe_limit(gate.slices.max_drop),
            f"{figure(before)} before, {figure(after)} now, {quantity(data_slice.rows, 'row')}",
        )
    if small:
        yield _describe_small(small, gate)


def _describe_small(small: list[Slice], gate: Gate) -> Check:
    """Return a check that names the slices that are not compared; warn of those without a row (a misspelt path)."""
    for data_slice in small:
        if not data_slice.rows:
            log.warning(
                "The gate does not compare the %s: no row of the test split matches its pattern in "
                "retrain.gate.slices.paths.",
                data_slice.label,
            )
    names = join_names([f"{one.label} ({quantity(one.rows, 'row')})" for one in small])
    return _check("slices that are not compared", True, f"{gate.slices.min_rows} rows or more to compare one", names)


def _bounds(comparison: Comparison, gate: Gate) -> Iterator[Check]:
    for metric, allowed in gate.bounds.items():
        value = score(comparison.task, metric, comparison.challenger.predictions)
        passed = (allowed.min is None or value >= allowed.min) and (allowed.max is None or value <= allowed.max)
        limits = [f"{allowed.min:g} or more"] if allowed.min is not None else []
        limits += [f"{allowed.max:g} or less"] if allowed.max is not None else []
        yield _check(
            metric_label(metric),
            passed,
            " and ".join(limits) or "any value",
            figure_unlike(value, allowed.min, allowed.max),
        )


def _costs(comparison: Comparison, gate: Gate) -> Iterator[Check]:
    latency, size = comparison.challenger.milliseconds, comparison.challenger.size_bytes
    allowed = [gate.latency.milliseconds] if gate.latency.milliseconds else []
    if gate.latency.max_ratio and comparison.champion:
        allowed.append(gate.latency.max_ratio * comparison.champion.milliseconds)
    if allowed:
        yield _check("latency", latency <= min(allowed), f"{min(allowed):.3g} ms or less", f"{latency:.3g} ms")
    if gate.size_bytes:
        yield _check("size", size <= gate.size_bytes, f"{gate.size_bytes:,} bytes or less", f"{size:,} bytes")


def _describe_change(task: str, metric: str, champion: ScoredModel, challenger: ScoredModel) -> str:
    before, after = (score(task, metric, model.predictions) for model in (champion, challenger))
    if before == after:
        return f"no change from {figure(before)}"
    order = ", where smaller is better" if metric in LOWER_IS_BETTER else ""
    direction = "rise" if after > before else "fall"
    return f"a {direction} of {figure(abs(after - before))}, from {figure(before)} to {figure(after)}{order}"


def _check(name: str, passed: bool, expected: str, received: str) -> Check:
    return Check(name=name, passed=bool(passed), expected=expected, received=received)
