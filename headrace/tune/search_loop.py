"""The search loop of a study: starts trials, one or several at a time, until the study is complete."""

import logging
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import optuna
from optuna.trial import Trial, TrialState

from headrace.config.commented_yaml import inline_yaml
from headrace.config.sections.tuning import Tune
from headrace.processes.interruption import is_handled, is_requested, raise_if_requested
from headrace.storage.append_locally_then_upload import AppendMirror
from headrace.storage.atomic_files_and_folders import remove_tree
from headrace.tune.samplers_and_pruners import pruner_for, sampler_for
from headrace.tune.search_space import grid, suggest
from headrace.tune.slot_availability_check import require_free_slots
from headrace.tune.study.journal_storage import JOURNAL, open_study
from headrace.tune.study.study_folder import StudyFolder, StudyRecord
from headrace.tune.study.trial_summaries import ERROR, best_trial, read_trials
from headrace.tune.trial import TrialResult, TrialRun

log = logging.getLogger(__name__)

TRIAL_STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


class Search:
    """A running search; the folder of the study must be locked.

    Args:
        files: mirror of the study's append-only files. For a study in a bucket, the journal is uploaded when a trial
            starts and when it ends; what a trial reports in between is also in its run.

    Attributes:
        study: Optuna's study; use it under the lock only, because trials may run in threads.
    """

    def __init__(self, folder: StudyFolder, record: StudyRecord, files: AppendMirror) -> None:
        self.folder, self.record, self.files = folder, record, files
        self.settings: Tune = record.tune
        pruner = pruner_for(self.settings.pruner, record.configuration.train.epochs)
        self.study = open_study(files.path_for_append(JOURNAL), record.direction, pruner)
        self._lock = threading.RLock()
        self._start = time.monotonic()
        self._errors: list[BaseException] = []
        self._interrupted = [trial._trial_id for trial in self._trials(TrialState.RUNNING)]
        self._trial_count = self._enqueue_grid() if self.settings.sampler.kind == "grid" else self.settings.trials

    def run(self) -> None:
        """Resume interrupted trials, then start new ones until the study is complete or its time limit is reached.

        Raises:
            TrainingError: too few slots are free.
        """
        self._remove_artifacts()
        if not self._interrupted and self._remaining() <= 0:
            log.info("The study %s is complete; nothing to do.", self.folder.path)
            return
        threads = require_free_slots(self.record)
        # The time limit excludes Spark's start.
        self._start = time.monotonic()
        workers = [
            threading.Thread(target=self._run_trials, args=(threads,), daemon=True, name=f"trials {number}")
            for number in range(self.settings.parallel)
        ]
        with _interruptible():
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        if self._errors:
            raise self._errors[0]
        raise_if_requested("the same command resumes the study")

    def _trials(self, *states: TrialState) -> list[optuna.trial.FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=states)

    def _enqueue_grid(self) -> int:
        """Enqueue the combinations of the grid, at most `tune.trials`, and return their number."""
        points = list(islice(grid(self.settings.space), self.settings.trials))
        # An interrupted call has enqueued the first combinations.
        for point in points[len(self.study.get_trials(deepcopy=False)) :]:
            self.study.enqueue_trial(point)
        return len(points)

    def _started(self) -> int:
        return len(self.study.get_trials(deepcopy=False)) - len(self._trials(TrialState.WAITING))

    def _remaining(self) -> int:
        return self._trial_count - self._started()

    def _run_trials(self, threads: int | None) -> None:
        try:
            while (trial_run := self._next()) is not None:
                self._finish(trial_run, trial_run.train(threads))
        except BaseException as error:  # noqa: BLE001  re-raised in the main thread
            self._errors.append(error)

    def _next(self) -> TrialRun | None:
        """Return the next trial; None if no further trial is to start."""
        limit = self.settings.time_limit_seconds
        with self._lock:
            if self._errors or is_requested() or (limit is not None and time.monotonic() - self._start > limit):
                return None
            if self._interrupted:
                trial = Trial(self.study, self._interrupted.pop(0))
                log.info("Resuming trial %s, which was interrupted", trial.number)
            elif self._remaining() > 0:
                self.study.sampler = sampler_for(self.settings, self._started())
                trial = self.study.ask()
            else:
                return None
            values = suggest(trial, self.settings.space)
            self.files.upload()
            # Trials are numbered from 0 on, in their folders and everywhere else.
            place = f"{trial.number + 1} of {self._trial_count}"
            log.info("Starting trial %s (%s): %s", trial.number, place, _as_overrides(values))
            return TrialRun(trial, values, self.record, self.folder.run(trial.number), self._lock)

    def _finish(self, trial_run: TrialRun, result: TrialResult) -> None:
        with self._lock:
            if result.error:
                trial_run.trial.set_user_attr(ERROR, result.error)
            self.study.tell(trial_run.trial, result.value, state=TRIAL_STATES[result.state])
            self.files.upload()
            self._remove_artifacts()
        detail = result.error or (f"{self.record.metric} {result.value:.6g}" if result.value is not None else "")
        log.info("Trial %s %s. %s", trial_run.trial.number, result.state, detail)

    def _remove_artifacts(self) -> None:
        """Remove bundles and checkpoints of all ended trials except the best one, unless `tune.keep` is "all"."""
        records = read_trials(self.study, self.settings.space)
        best = best_trial(records, self.record.direction)
        if self.settings.keep == "all":
            return
        for record in records:
            if record.state != "running" and record != best:
                run = self.folder.run(record.number)
                for path in (run.path / "bundle", run.checkpoints, run.best):
                    remove_tree(path)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt at once, unless the command line handles signals.

    Spark's own handler would first cancel the runs, and trials that can be resumed would be recorded as failed.
    """
    if is_handled():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _as_overrides(values: Mapping[str, Any]) -> str:
    """Return the settings of a trial as they are written on the command line, numbers with six significant digits."""
    return " ".join(
        f"{key}={f'{value:.6g}' if isinstance(value, float) else inline_yaml(value)}" for key, value in values.items()
    )
