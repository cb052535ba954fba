"""The gate: what a challenger must prove, each as a check with what was expected and what was received."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from headrace.config.retraining import Gate, Metric
from headrace.evaluate.bootstrap import lower_bound
from headrace.retrain.answers import Examined
from headrace.retrain.metrics import SMALL_IS_GOOD, default_metric, improvement, score, words
from headrace.retrain.slices import Contestants, slices_of

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
class Contest:
    """Both models on the same rows.

    Attributes:
        champion: None before the first.
        classes: names by number.
        breaches: of the expectations of the data.
    """

    task: str
    classes: tuple[str, ...]
    champion: Examined | None
    challenger: Examined
    breaches: tuple[str, ...]

    def metric(self, gate: Gate) -> Metric:
        """By which they are compared."""
        return gate.metric or default_metric(self.task)


def judge(contest: Contest, gate: Gate) -> list[Check]:
    """Every check; the challenger is promoted if all are passed."""
    checks = [*_bounds(contest, gate), *_costs(contest, gate)]
    if contest.champion is not None:
        checks = [_better(contest.champion, contest, gate), *_slices(contest.champion, contest, gate), *checks]
    if gate.expectations:
        received = "; ".join(contest.breaches) or "no breach"
        checks.append(_check("expectations of the data", not contest.breaches, "no breach", received))
    return checks


def _better(champion: Examined, contest: Contest, gate: Gate) -> Check:
    metric, new = contest.metric(gate), contest.challenger.answers
    gain = improvement(metric, champion.answers, new)
    least = lower_bound(
        lambda drawn: improvement(metric, champion.answers.chosen(drawn), new.chosen(drawn)), new.rows, gate.confidence
    )
    return _check(
        f"{BETTER} {words(metric)}",
        least >= gate.margin and (gain > 0 or gate.margin < 0),
        f"an improvement of {gate.margin:g} or more with {gate.confidence:.0%} confidence",
        f"{gain:+.4f}, at least {least:+.4f} ({_pair(metric, champion, contest.challenger)})",
    )


def _slices(champion: Examined, contest: Contest, gate: Gate) -> Iterator[Check]:
    """The score within each slice; in regression the error in parts of the champion's."""
    both = Contestants(champion.answers, contest.challenger.answers)
    for part in slices_of(contest.task, contest.classes, both, gate.slices.paths):
        if part.rows < gate.slices.least_rows:
            continue
        before, after = (score(part.metric, answers) for answers in part.both)
        worse = (after - before) / max(before, 1e-9) if contest.task == "regression" else before - after
        yield _check(
            part.measured,
            worse <= gate.slices.worse,
            f"worse by {gate.slices.worse:g} at most",
            f"{before:.4f} before, {after:.4f} now, {part.rows} rows",
        )


def _bounds(contest: Contest, gate: Gate) -> Iterator[Check]:
    for metric, allowed in gate.bounds.items():
        value = score(metric, contest.challenger.answers)
        low = allowed.least is None or value >= allowed.least
        high = allowed.most is None or value <= allowed.most
        ends = [f"{allowed.least:g} or more"] if allowed.least is not None else []
        ends += [f"{allowed.most:g} or less"] if allowed.most is not None else []
        yield _check(words(metric), low and high, " and ".join(ends) or "anything", f"{value:.4f}")


def _costs(contest: Contest, gate: Gate) -> Iterator[Check]:
    spent, size = contest.challenger.milliseconds, contest.challenger.size_bytes
    allowed = [gate.latency.milliseconds] if gate.latency.milliseconds else []
    if gate.latency.times_champion and contest.champion:
        allowed.append(gate.latency.times_champion * contest.champion.milliseconds)
    if allowed:
        yield _check("latency", spent <= min(allowed), f"{min(allowed):.3g} ms or less", f"{spent:.3g} ms")
    if gate.size_bytes:
        yield _check("size", size <= gate.size_bytes, f"{gate.size_bytes:,} bytes or less", f"{size:,} bytes")


def _pair(metric: Metric, champion: Examined, challenger: Examined) -> str:
    order = "smaller is better" if metric in SMALL_IS_GOOD else "larger is better"
    return f"{score(metric, champion.answers):.4f} to {score(metric, challenger.answers):.4f}, {order}"


def _check(name: str, passed: bool, expected: str, received: str) -> Check:
    return Check(name=name, passed=bool(passed), expected=expected, received=received)
