"""A trial fails by its values only: a full disk ends the study, and the trial resumes when the study does."""

from pathlib import Path
from threading import RLock
from types import SimpleNamespace
from typing import Any, cast

import pytest
from optuna.pruners import NopPruner, ThresholdPruner

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


@pytest.mark.parametrize(("values", "stopped"), [({"train.epochs": 1}, False), ({"train.epochs": 2}, True), ({}, True)])
def test_trial_is_not_stopped_at_the_last_epoch_of_its_own(
    values: dict[str, Any], stopped: bool, tmp_path: Path
) -> None:
    """It is complete; stopped, it could not be the best one."""
    study = open_study(tmp_path / "journal.log", "minimize", ThresholdPruner(upper=0.0))
    settings = SimpleNamespace(train=SimpleNamespace(epochs=3))
    record = cast(Any, SimpleNamespace(metric="loss", configuration=settings))
    run = trial.TrialRun(study.ask(), values, record, RunFolder(tmp_path / "run"), RLock())
    assert run._report({"epoch": 0, "loss": 1.0}) == stopped


def test_full_disk_names_the_journal(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "16k") as disk:
        study = open_study(disk / "journal.log", "minimize", NopPruner())
        with pytest.raises(OSError, match="No space left on device") as caught:
            study.set_user_attr("note", "x" * 100_000)
        assert caught.value.filename == str(disk / "journal.log")
        # The line that is not complete is removed.
        assert not open_study(disk / "journal.log", "minimize", NopPruner()).user_attrs
