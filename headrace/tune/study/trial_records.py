"""What came of trials, as plain values: for the terminal, the JSON answer and the page."""

from collections.abc import Sequence
from typing import Any, Literal

import optuna
from optuna.trial import FrozenTrial, TrialState
from pydantic import BaseModel, ConfigDict

from headrace.config.sections.tuning import Choice
from headrace.tune.space import Space, parse_values

SENTENCE = "sentence"
State = Literal["complete", "pruned", "failed", "running"]
STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
}


class TrialRecord(BaseModel):
    """One trial.

    Attributes:
        value: of the metric, with the weights that the bundle gets; of a pruned trial the last one before its end.
        figures: (epoch, value of the metric) of each epoch done, 1-based.
        seconds: from its beginning to its end; a study that was killed in between counts the time until it went on.
        sentence: why it failed.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    state: State
    value: float | None
    parameters: dict[str, Choice | list[Choice]]
    figures: tuple[tuple[int, float], ...]
    seconds: float | None
    sentence: str | None = None

    @property
    def epochs(self) -> int:
        """Done of its run."""
        return max((epoch for epoch, _ in self.figures), default=0)


def read_trials(study: optuna.Study, space: Space) -> list[TrialRecord]:
    """All trials that have begun, in order."""
    return [_record(trial, space) for trial in study.get_trials(deepcopy=False) if trial.state in STATES]


def best_trial(records: Sequence[TrialRecord], direction: str) -> TrialRecord | None:
    """The complete trial with the best value, the earliest of equals; None where none is complete."""
    sign = 1.0 if direction == "minimize" else -1.0
    complete = [one for one in records if one.state == "complete" and one.value is not None]
    return min(complete, key=lambda one: sign * (one.value or 0.0), default=None)


def count(records: Sequence[TrialRecord], state: State) -> int:
    """How many are in `state`."""
    return sum(one.state == state for one in records)


def _record(trial: FrozenTrial, space: Space) -> TrialRecord:
    sentence: Any = trial.user_attrs.get(SENTENCE)
    return TrialRecord(
        number=trial.number,
        state=STATES[trial.state],
        value=trial.value,
        parameters=parse_values(trial.params, space),
        figures=tuple(sorted(trial.intermediate_values.items())),
        seconds=round(trial.duration.total_seconds(), 3) if trial.duration else None,
        sentence=sentence,
    )
