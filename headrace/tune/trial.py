"""One trial: a training run that reports each epoch to Optuna, and stops if it is pruned."""

import logging
import math
from dataclasses import dataclass
from threading import RLock
from typing import Any

import optuna

from headrace.config import Configuration
from headrace.config.load import with_values
from headrace.errors import DiskError, HeadraceError, StoreError
from headrace.processes.interruption import raise_if_requested
from headrace.runs.metrics_log_reader import Metrics, read_metrics
from headrace.runs.run_folder import RunFolder
from headrace.storage.disk_errors import WRITE_ERRORS, code_in_text
from headrace.train.job import train
from headrace.train.launch.rank_message_channel import Message
from headrace.train.tuner_controls import StoppedError, TunerControls
from headrace.tune.search_space import Values, require_no_penalties
from headrace.tune.study.study_folder import StudyRecord
from headrace.tune.study.trial_summaries import State

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrialResult:
    """The result of a trial: `value` if it is complete, `error` if it has failed."""

    state: State
    value: float | None = None
    error: str | None = None


def trial_configuration(record: StudyRecord, values: Values) -> Configuration:
    """Return the study's configuration with the values of one trial and without the section `tune`.

    Raises:
        ConfigurationError: the combination of values is invalid.
    """
    settings = {"train.ranks": record.tune.ranks, "train.monitor.metric": record.metric}
    plain = record.configuration.model_copy(update={"tune": None})
    return with_values(plain, values | settings, "tune.space")


def _is_of_storage(error: HeadraceError) -> bool:
    """Return whether a full disk or a store ended the trial: that is unrelated to its values, and it can be resumed."""
    return isinstance(error, DiskError | StoreError) or code_in_text(str(error)) in WRITE_ERRORS


class TrialRun:
    """A running trial.

    Args:
        trial: Optuna's trial, used only while `lock` is held.
        values: values of the parameters, by configuration key.
        run: folder of the trial's training run.
    """

    def __init__(self, trial: optuna.Trial, values: Values, record: StudyRecord, run: RunFolder, lock: RLock) -> None:
        self.trial, self.values, self.record, self.run, self.lock = trial, values, record, run, lock
        # If the study was killed before it recorded the pruning, the run's stop file still shows it.
        self.pruned = run.stop_file.exists()

    def train(self, threads: int | None) -> TrialResult:
        """Start or resume the training run, and return when it ends, fails or is stopped.

        Args:
            threads: threads of the trial's rank; None for its share of the machine's cores.

        Raises:
            HeadraceError: the storage failed; the trial stays unfinished and can be resumed.
        """
        for line in read_metrics(self.run.metrics_file).epochs:
            self._report(line)
        try:
            if not self.pruned:
                name = f"trial {self.trial.number}"
                train(self._configuration(), TunerControls(name=name, epoch_done=self._report, threads=threads))
        except StoppedError as stopped:
            log.info("%s", stopped)
        except HeadraceError as error:
            # The end of Spark is not a failure of the trial, which resumes later.
            raise_if_requested()
            if _is_of_storage(error):
                raise
            return TrialResult("failed", error=str(error))
        return TrialResult("pruned") if self.pruned else self._complete()

    def _configuration(self) -> Configuration:
        run = {"train.run": str(self.run.path), "train.bundle": None, "train.data_version": self.record.data_version}
        return with_values(trial_configuration(self.record, self.values), run, "tune")

    def _report(self, metrics: Message | Metrics) -> bool:
        """Report the metrics of an epoch to Optuna and return whether the run must stop."""
        epoch, value = int(metrics["epoch"]) + 1, float(metrics.get(self.record.metric, math.nan))
        with self.lock:
            # Ignore epochs after the decision, so that the result does not depend on how soon the ranks stop.
            if self.pruned or not math.isfinite(value):
                return self.pruned
            if epoch not in self._reported():
                self.trial.report(value, epoch)
            last = epoch >= self.values.get("train.epochs", self.record.configuration.train.epochs)
            self.pruned = not last and self.trial.should_prune()
        return self.pruned

    def _reported(self) -> dict[int, float]:
        trials: Any = self.trial.study.get_trials(deepcopy=False)
        return dict(trials[self.trial.number].intermediate_values)

    def _complete(self) -> TrialResult:
        """Return the complete result, with the metric of the epoch whose weights are in the bundle.

        Raises:
            ConfigurationError: the metric of this trial cannot be compared with that of others.
        """
        epochs = read_metrics(self.run.metrics_file).epochs
        result = self.run.result() or {}
        if result.get("penalties"):
            require_no_penalties(self.record.metric, self.record.tune.space)
        if "bundle_epoch" in result:
            epochs = tuple(line for line in epochs if line["epoch"] + 1 == result["bundle_epoch"])
        value = epochs[-1].get(self.record.metric, math.nan) if epochs else math.nan
        if not math.isfinite(value):
            return TrialResult(
                "failed", error=f"{self.record.metric} is {value} at the end of training; expected a finite number."
            )
        return TrialResult("complete", value)
