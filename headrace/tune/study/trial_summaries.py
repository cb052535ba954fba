"""Convert Optuna's trials to plain records for output and reports."""

from collections.abc import Sequence
from typing import Any, Literal

import optuna
from optuna.trial import FrozenTrial, TrialState
from pydantic import BaseModel, ConfigDict

from headrace.config.sections.tuning import Choice
from headrace.tune.search_space import Space, parse_values

# Optuna's user attribute for the error message of a failed trial.
ERROR = "error"
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
        value: metric with the weights that the bundle gets; for a pruned trial, the last reported value.
        intermediate_values: (epoch, metric value) of each completed epoch, 1-based.
        seconds: duration from start to end, including the time between an interruption and the resumption.
        error: error message of a failed trial.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    state: State
    value: float | None
    parameters: dict[str, Choice | list[Choice]]
    intermediate_values: tuple[tuple[int, float], ...]
    seconds: float | None
    error: str | None = None

    @property
    def epochs(self) -> int:
        """Number of completed epochs."""
        return max((epoch for epoch, _ in self.intermediate_values), default=0)


def read_trials(study: optuna.Study, space: Space) -> list[TrialRecord]:
    """Return all trials that were started, in order."""
    return [_record(trial, space) for trial in study.get_trials(deepcopy=False) if trial.state in STATES]


def best_trial(records: Sequence[TrialRecord], direction: str) -> TrialRecord | None:
    """Return the complete trial with the best value, the earliest on a tie; None if no trial is complete."""
    sign = 1.0 if direction == "minimize" else -1.0
    complete = [trial for trial in records if trial.state == "complete" and trial.value is not None]
    return min(complete, key=lambda trial: sign * (trial.value or 0.0), default=None)


def count(records: Sequence[TrialRecord], state: State) -> int:
    """Return the number of trials in `state`."""
    return sum(trial.state == state for trial in records)


def _record(trial: FrozenTrial, space: Space) -> TrialRecord:
    error: Any = trial.user_attrs.get(ERROR)
    return TrialRecord(
        number=trial.number,
        state=STATES[trial.state],
        value=trial.value,
        parameters=parse_values(trial.params, space),
        intermediate_values=tuple(sorted(trial.intermediate_values.items())),
        seconds=round(trial.duration.total_seconds(), 3) if trial.duration else None,
        error=error,
    )
