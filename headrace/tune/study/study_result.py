"""The result of a study, for the command's output, the best configuration, the page and tracking."""

from dataclasses import dataclass

from headrace.tune.study.study_folder import StudyFolder, StudyRecord
from headrace.tune.study.trial_summaries import TrialRecord, best_trial


@dataclass(frozen=True)
class StudyResult:
    """A study with the current state of its trials.

    Attributes:
        trials: all trials that were started, in order.
    """

    folder: StudyFolder
    record: StudyRecord
    trials: list[TrialRecord]

    @property
    def best(self) -> TrialRecord | None:
        """Complete trial with the best value; None if no trial is complete."""
        return best_trial(self.trials, self.record.direction)
