"""A trial fails by its values only: a full disk ends the study, and the trial resumes when the study does."""

from pathlib import Path
from threading import RLock
from typing import Any, cast

import pytest

from headrace.errors import HeadraceError, StoreError, TrainingError
from headrace.runs.run_folder import RunFolder
from headrace.tune import trial
from headrace.tune.study.journal_storage import open_study
from tests.support.small_disk import small_disk

FULL = TrainingError("Rank 0: The checkpoint of step 15 cannot be written to /study: No space left on device.")


def run_trial(run: Path, error: HeadraceError, monkeypatch: pytest.MonkeyPatch) -> trial.TrialResult:
    """Run a trial whose training ends with an error."""

    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(trial, "train", fail)
    monkeypatch.setattr(trial.TrialRun, "_configuration", lambda _: None)
    unused = cast(Any, type("Unused", (), {"number": 0}))
    return trial.TrialRun(unused, {}, unused, RunFolder(run), RLock()).train(None)


@pytest.mark.parametrize("error", [FULL, StoreError("The store does not respond.")])
def test_failure_of_the_storage_is_no_result_of_the_trial(
    error: HeadraceError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(type(error)):
        run_trial(tmp_path / "run", error, monkeypatch)


def test_failure_of_the_training_is_the_result_of_the_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run_trial(tmp_path / "run", TrainingError("The loss is not finite."), monkeypatch)
    assert (result.state, result.error) == ("failed", "The loss is not finite.")


def test_full_disk_names_the_journal(tmp_path: Path) -> None:
    from optuna.pruners import NopPruner

    with small_disk(tmp_path / "disk", "16k") as disk:
        study = open_study(disk / "journal.log", "minimize", NopPruner())
        with pytest.raises(OSError, match="No space left on device") as caught:
            study.set_user_attr("note", "x" * 100_000)
        assert caught.value.filename == str(disk / "journal.log")
        # The line that is not complete is removed.
        assert not open_study(disk / "journal.log", "minimize", NopPruner()).user_attrs
