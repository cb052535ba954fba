"""One trial: a run of `headrace train` that is watched, and stopped where it promises little."""

import logging
import math
from dataclasses import dataclass
from threading import RLock
from typing import Any

import optuna

from headrace.config import Configuration
from headrace.config.load import changed
from headrace.errors import HeadraceError
from headrace.runs.folder import RunFolder
from headrace.runs.metrics_log import Metrics, read_metrics
from headrace.train.job import train
from headrace.train.launch.messages import Message
from headrace.train.observer import RunObserver, StoppedError
from headrace.tune.space import Values
from headrace.tune.study.folder import StudyRecord
from headrace.tune.study.trial_records import State

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrialResult:
    """What came of a trial; `value` where it is complete, `sentence` where it has failed."""

    state: State
    value: float | None = None
    sentence: str | None = None


def trial_configuration(record: StudyRecord, values: Values) -> Configuration:
    """The study's configuration with the values of one trial, and without the study.

    Raises:
        ConfigurationError: a value does not fit, together with the others.
    """
    settings = {"train.ranks": record.tune.ranks, "train.monitor.metric": record.metric}
    plain = record.configuration.model_copy(update={"tune": None})
    return changed(plain, values | settings, "tune.space")


class TrialRun:
    """A trial under way.

    Args:
        trial: of Optuna; `lock` is held whenever it is spoken to.
        values: of the parameters, by key.
        run: the folder of its run.
    """

    def __init__(self, trial: optuna.Trial, values: Values, record: StudyRecord, run: RunFolder, lock: RLock) -> None:
        self.trial, self.values, self.record, self.run, self.lock = trial, values, record, run, lock
        # Where a study was killed before it could say so, the run's own file still does.
        self.pruned = run.stop_file.exists()

    def train(self, threads: int | None) -> TrialResult:
        """Train the run, or go on with it, until it ends, fails or is stopped.

        Args:
            threads: of its rank; None for its part of the machine's cores.
        """
        for line in read_metrics(self.run.metrics_file).epochs:
            self._heard(line)
        try:
            if not self.pruned:
                name = f"trial {self.trial.number}"
                train(self._configuration(), RunObserver(name=name, epoch_done=self._heard, threads=threads))
        except StoppedError as stopped:
            log.info("%s", stopped)
        except HeadraceError as error:
            return TrialResult("failed", sentence=str(error))
        return TrialResult("pruned") if self.pruned else self._complete()

    def _configuration(self) -> Configuration:
        place = {"train.run": str(self.run.path), "train.bundle": None, "train.data_version": self.record.data_version}
        return changed(trial_configuration(self.record, self.values), place, "tune")

    def _heard(self, figures: Message | Metrics) -> bool:
        """Report an epoch; whether the run is to be stopped."""
        epoch, value = int(figures["epoch"]) + 1, float(figures.get(self.record.metric, math.nan))
        with self.lock:
            # After the decision nothing counts, so that it does not matter how soon the ranks have heard of it.
            if self.pruned or not math.isfinite(value):
                return self.pruned
            if epoch not in self._reported():
                self.trial.report(value, epoch)
            last = epoch >= self.record.configuration.train.epochs
            self.pruned = not last and self.trial.should_prune()
        return self.pruned

    def _reported(self) -> dict[int, float]:
        trials: Any = self.trial.study.get_trials(deepcopy=False)
        return dict(trials[self.trial.number].intermediate_values)

    def _complete(self) -> TrialResult:
        """With the figure of the epoch whose weights the bundle has."""
        epochs = read_metrics(self.run.metrics_file).epochs
        result = self.run.result() or {}
        if self.record.configuration.train.monitor.bundle == "best":
            epochs = tuple(line for line in epochs if line["epoch"] + 1 == result.get("best_epoch"))
        value = epochs[-1].get(self.record.metric, math.nan) if epochs else math.nan
        if not math.isfinite(value):
            return TrialResult(
                "failed", sentence=f"{self.record.metric} is {value} at the end, which is no finite number."
            )
        return TrialResult("complete", value)
