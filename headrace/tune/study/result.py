"""What a study has come to: for the answer, the best configuration, the page, and who keeps track of it."""

from dataclasses import dataclass

from headrace.tune.study.folder import StudyFolder, StudyRecord
from headrace.tune.study.trial_records import TrialRecord, best_trial


@dataclass(frozen=True)
class StudyResult:
    """A study whose trials have ended, or are to be gone on with later.

    Attributes:
        trials: all that have begun, in order.
    """

    folder: StudyFolder
    record: StudyRecord
    trials: list[TrialRecord]

    @property
    def best(self) -> TrialRecord | None:
        """The complete trial with the best value; None where none is complete."""
        return best_trial(self.trials, self.record.direction)
