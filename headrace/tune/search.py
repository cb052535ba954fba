"""The trials of a study: begun one after the other or several at a time, until there are enough."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import optuna
from optuna.trial import Trial, TrialState

from headrace.config.sections.tuning import Tune
from headrace.storage.append_mirror import AppendMirror
from headrace.storage.remove_tree import remove_tree
from headrace.tune.sampling import pruner_for, sampler_for
from headrace.tune.slots import reserve_slots
from headrace.tune.space import grid, suggest
from headrace.tune.study.folder import StudyFolder, StudyRecord
from headrace.tune.study.journal import JOURNAL, open_study
from headrace.tune.study.trial_records import SENTENCE, best_trial, read_trials
from headrace.tune.trial import TrialResult, TrialRun

log = logging.getLogger(__name__)

TRIAL_STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


class Search:
    """A study that is worked on; its folder must be locked.

    Args:
        files: of the study's folder, that grow; of a bucket the journal is kept when a trial begins and when it ends.
            What it has reported in between is in its run, too.

    Attributes:
        study: Optuna's. It is spoken to under a lock: trials may run in threads.
    """

    def __init__(self, folder: StudyFolder, record: StudyRecord, files: AppendMirror) -> None:
        self.folder, self.record, self.files = folder, record, files
        self.settings: Tune = record.tune
        pruner = pruner_for(self.settings.pruner, record.configuration.train.epochs)
        self.study = open_study(files.continued(JOURNAL), record.direction, pruner)
        self._lock = threading.RLock()
        self._began = time.monotonic()
        self._faults: list[BaseException] = []
        self._interrupted = [trial._trial_id for trial in self._trials(TrialState.RUNNING)]
        self._wanted = self._enqueued() if self.settings.sampler.kind == "grid" else self.settings.trials

    def run(self) -> None:
        """Go on with trials that were interrupted, and begin new ones until there are enough or time is up.

        Raises:
            TrainingError: there are too few slots.
        """
        self._tidy()
        if not self._interrupted and self._missing() <= 0:
            log.info("The study %s is complete; nothing to do.", self.folder.path)
            return
        threads = reserve_slots(self.record)
        # Spark's start is not a trial's time.
        self._began = time.monotonic()
        workers = [
            threading.Thread(target=self._work, args=(threads,), daemon=True, name=f"trials {number}")
            for number in range(self.settings.parallel)
        ]
        with _interruptible():
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        if self._faults:
            raise self._faults[0]

    def _trials(self, *states: TrialState) -> list[optuna.trial.FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=states)

    def _enqueued(self) -> int:
        """Have the grid's combinations wait, as many as there are to be trials; their number."""
        points = list(islice(grid(self.settings.space), self.settings.trials))
        # Killed while it did so, it did the first of them.
        for point in points[len(self.study.get_trials(deepcopy=False)) :]:
            self.study.enqueue_trial(point)
        return len(points)

    def _missing(self) -> int:
        waiting = self._trials(TrialState.WAITING)
        return self._wanted - (len(self.study.get_trials(deepcopy=False)) - len(waiting))

    def _work(self, threads: int | None) -> None:
        try:
            while (one := self._next()) is not None:
                self._tell(one, one.train(threads))
        except BaseException as fault:  # noqa: BLE001  raised again in the thread that waits
            self._faults.append(fault)

    def _next(self) -> TrialRun | None:
        """The next trial; None where there is none to begin."""
        limit = self.settings.time_limit_seconds
        with self._lock:
            if self._faults or (limit is not None and time.monotonic() - self._began > limit):
                return None
            if self._interrupted:
                trial = Trial(self.study, self._interrupted.pop(0))
                log.info("Going on with trial %s, which was interrupted", trial.number)
            elif self._missing() > 0:
                begun = len(self.study.get_trials(deepcopy=False)) - len(self._trials(TrialState.WAITING))
                self.study.sampler = sampler_for(self.settings, begun)
                trial = self.study.ask()
            else:
                return None
            values = suggest(trial, self.settings.space)
            self.files.keep()
            log.info("Trial %s of %s: %s", trial.number + 1, self._wanted, values)
            return TrialRun(trial, values, self.record, self.folder.run(trial.number), self._lock)

    def _tell(self, one: TrialRun, ending: TrialResult) -> None:
        with self._lock:
            if ending.sentence:
                one.trial.set_user_attr(SENTENCE, ending.sentence)
            self.study.tell(one.trial, ending.value, state=TRIAL_STATES[ending.state])
            self.files.keep()
            self._tidy()
        told = ending.sentence or (f"{self.record.metric} {ending.value:.6g}" if ending.value is not None else "")
        log.info("Trial %s %s. %s", one.trial.number, ending.state, told)

    def _tidy(self) -> None:
        """Remove bundles and checkpoints of all ended trials but the best, if they are not to be kept."""
        records = read_trials(self.study, self.settings.space)
        best = best_trial(records, self.record.direction)
        if self.settings.keep == "all":
            return
        for record in records:
            if record.state != "running" and record != best:
                run = self.folder.run(record.number)
                for place in (run.path / "bundle", run.checkpoints, run.best):
                    remove_tree(place)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let an interrupt end this program at once.

    Spark's own handler would first cancel the runs, and trials that are to go on later would be taken for failed.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
