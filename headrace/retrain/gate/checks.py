"""The gate: what a challenger must prove, each as a check with what was expected and what was received."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from headrace.config.sections.retraining import Gate, Metric
from headrace.evaluate.bootstrap import lower_bound
from headrace.retrain.gate.metrics import SMALL_IS_GOOD, default_metric, improvement, metric_label, score
from headrace.retrain.gate.predictions import ScoredModel
from headrace.retrain.gate.slices import ModelPair, make_slices

BETTER = "better"


class Check(BaseModel):
    """One of them, in words."""

    model_config = ConfigDict(frozen=True)

    name: str
    passed: bool
    expected: str
    received: str

    def __str__(self) -> str:
        return f"{self.name}: expected {self.expected}, received {self.received}"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Both models on the same rows.

    Attributes:
        champion: None before the first.
        classes: names by number.
        breaches: of the expectations of the data.
    """

    task: str
    classes: tuple[str, ...]
    champion: ScoredModel | None
    challenger: ScoredModel
    breaches: tuple[str, ...]

    def metric(self, gate: Gate) -> Metric:
        """By which they are compared."""
        return gate.metric or default_metric(self.task)


def run_checks(contest: Comparison, gate: Gate) -> list[Check]:
    """Every check; the challenger is promoted if all are passed."""
    checks = [*_bounds(contest, gate), *_costs(contest, gate)]
    if contest.champion is not None:
        checks = [_better(contest.champion, contest, gate), *_slices(contest.champion, contest, gate), *checks]
    if gate.expectations:
        received = "; ".join(contest.breaches) or "no breach"
        checks.append(_check("expectations of the data", not contest.breaches, "no breach", received))
    return checks


def _better(champion: ScoredModel, contest: Comparison, gate: Gate) -> Check:
    metric, new = contest.metric(gate), contest.challenger.predictions
    gain = improvement(metric, champion.predictions, new)
    least = lower_bound(
        lambda drawn: improvement(metric, champion.predictions.select(drawn), new.select(drawn)),
        new.rows,
        gate.confidence,
    )
    return _check(
        f"{BETTER} {metric_label(metric)}",
        least >= gate.margin and (gain > 0 or gate.margin < 0),
        f"an improvement of {gate.margin:g} or more with {gate.confidence:.0%} confidence",
        f"{gain:+.4f}, at least {least:+.4f} ({_pair(metric, champion, contest.challenger)})",
    )


def _slices(champion: ScoredModel, contest: Comparison, gate: Gate) -> Iterator[Check]:
    """The score within each slice; in regression the error in parts of the champion's."""
    both = ModelPair(champion.predictions, contest.challenger.predictions)
    for part in make_slices(contest.task, contest.classes, both, gate.slices.paths):
        if part.rows < gate.slices.min_rows:
            continue
        before, after = (score(part.metric, answers) for answers in part.both)
        worse = (after - before) / max(before, 1e-9) if contest.task == "regression" else before - after
        yield _check(
            part.measured,
            worse <= gate.slices.max_drop,
            f"worse by {gate.slices.max_drop:g} at most",
            f"{before:.4f} before, {after:.4f} now, {part.rows} rows",
        )


def _bounds(contest: Comparison, gate: Gate) -> Iterator[Check]:
    for metric, allowed in gate.bounds.items():
        value = score(metric, contest.challenger.predictions)
        low = allowed.min is None or value >= allowed.min
        high = allowed.max is None or value <= allowed.max
        ends = [f"{allowed.min:g} or more"] if allowed.min is not None else []
        ends += [f"{allowed.max:g} or less"] if allowed.max is not None else []
        yield _check(metric_label(metric), low and high, " and ".join(ends) or "anything", f"{value:.4f}")


def _costs(contest: Comparison, gate: Gate) -> Iterator[Check]:
    spent, size = contest.challenger.milliseconds, contest.challenger.size_bytes
    allowed = [gate.latency.milliseconds] if gate.latency.milliseconds else []
    if gate.latency.max_ratio and contest.champion:
        allowed.append(gate.latency.max_ratio * contest.champion.milliseconds)
    if allowed:
        yield _check("latency", spent <= min(allowed), f"{min(allowed):.3g} ms or less", f"{spent:.3g} ms")
    if gate.size_bytes:
        yield _check("size", size <= gate.size_bytes, f"{gate.size_bytes:,} bytes or less", f"{size:,} bytes")


def _pair(metric: Metric, champion: ScoredModel, challenger: ScoredModel) -> str:
    order = "smaller is better" if metric in SMALL_IS_GOOD else "larger is better"
    return f"{score(metric, champion.predictions):.4f} to {score(metric, challenger.predictions):.4f}, {order}"


def _check(name: str, passed: bool, expected: str, received: str) -> Check:
    return Check(name=name, passed=bool(passed), expected=expected, received=received)
