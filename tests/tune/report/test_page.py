"""The page of a study shows its search space, trials and best value, fits a phone and is readable."""

import re
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from headrace.config import Configuration
from headrace.tune.report.page import write_page
from headrace.tune.report.plot_geometry import best_so_far
from headrace.tune.samplers_and_pruners import pruner_for, sampler_for
from headrace.tune.search_space import suggest
from headrace.tune.study.journal_storage import JOURNAL, open_study
from headrace.tune.study.study_folder import StudyFolder, StudyRecord
from headrace.tune.study.trial_summaries import ERROR, best_trial, read_trials
from tests.report.test_browser import BROWSER, channels, contrast, dump_document, luminance, probe_page

pytestmark = pytest.mark.browser

SPACE: dict[str, Any] = {
    "train.optimizer.learning_rate": {"kind": "float", "low": 1e-4, "high": 0.1, "log": True},
    "train.optimizer.name": {"kind": "categorical", "choices": ["sgd", "adam", "rmsprop"]},
    "model.options.width": {"kind": "int", "low": 8, "high": 256},
    "model.options.sizes": {"kind": "categorical", "choices": [[3, 4, 5], [7]]},
}
EPOCHS = 6


@pytest.fixture
def record() -> StudyRecord:
    """Return the record of a study of four parameters."""
    configuration = Configuration.model_validate(
        {
            "data": {"source": {"path": "raw"}, "table": "data/table"},
            "model": {"file": "models/mlp.py"},
            "train": {"run": "run", "epochs": EPOCHS},
            "tune": {"study": "study", "space": SPACE, "sampler": {"startup_trials": 4}},
        }
    )
    about = {"metric": "val_accuracy", "direction": "maximize", "created": "2026-03-01T03:00:00+00:00"}
    return StudyRecord(
        configuration=configuration, model_sha256="0" * 64, data_version=3, table_id="t", command="headrace", **about
    )


def run_study(folder: StudyFolder, record: StudyRecord, trials: int) -> optuna.Study:
    """Run a study of an artificial objective, whose first trial fails."""
    folder.path.mkdir(parents=True)
    study = open_study(folder.path / JOURNAL, "maximize", pruner_for(record.tune.pruner, EPOCHS))
    for number in range(trials):
        study.sampler = sampler_for(record.tune, number)
        trial = study.ask()
        values = suggest(trial, record.tune.space)
        if number == 0:
            trial.set_user_attr(ERROR, "the gradient of step 3 is <script>alert(1)</script>")
            study.tell(trial, state=TrialState.FAIL)
        else:
            _train(study, trial, 0.9 - abs(values["train.optimizer.learning_rate"] - 0.01))
    return study


def _train(study: optuna.Study, trial: optuna.Trial, limit: float) -> None:
    """Report the epochs of a trial whose value approaches `limit`, until it ends or is pruned."""
    for epoch in range(1, EPOCHS + 1):
        trial.report(limit * (1 - 0.5**epoch), epoch)
        if trial.should_prune():
            study.tell(trial, state=TrialState.PRUNED)
            return
    study.tell(trial, limit * (1 - 0.5**EPOCHS))


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    """Return a study folder whose name must be escaped in HTML."""
    return StudyFolder(tmp_path / "digits & <others>")


@pytest.fixture
def page(folder: StudyFolder, record: StudyRecord) -> Path:
    """Write the page of a study of 30 trials."""
    study = run_study(folder, record, 30)
    return write_page(folder, record, study, read_trials(study, record.tune.space))


def test_page_shows_best_value_all_trials_and_failure(page: Path, folder: StudyFolder, record: StudyRecord) -> None:
    text = page.read_text()
    records = read_trials(open_study(folder.path / JOURNAL, "maximize", optuna.pruners.NopPruner()), record.tune.space)
    best = best_trial(records, "maximize")
    assert best is not None
    assert f"{100 * (best.value or 0):.2f}%<small>trial {best.number}; larger is better" in text
    assert len(re.findall(r'<span class="state (?:complete|pruned|failed)">', text)) == 30
    assert {trial.state for trial in records} == {"complete", "pruned", "failed"}
    assert "Trial 0: the gradient of step 3 is &lt;script&gt;" in text
    assert "<script" not in text
    assert all(f"<strong>{key}</strong>" in text for key in SPACE)
    assert "PED-ANOVA" in text


def test_same_study_gives_same_bytes(page: Path, folder: StudyFolder, record: StudyRecord) -> None:
    before = page.read_bytes()
    study = open_study(folder.path / JOURNAL, "maximize", optuna.pruners.NopPruner())
    assert write_page(folder, record, study, read_trials(study, record.tune.space)).read_bytes() == before


@pytest.mark.parametrize("trials", [0, 1, 2])
def test_study_of_few_trials_has_a_page(folder: StudyFolder, record: StudyRecord, trials: int) -> None:
    study = run_study(folder, record, trials)
    text = write_page(folder, record, study, read_trials(study, record.tune.space)).read_text()
    assert ("No trial is complete." in text) == (trials < 2)
    assert "PED-ANOVA" not in text


def test_best_so_far_line_is_monotonic() -> None:
    assert best_so_far([(0, 5.0), (1, 7.0), (2, 3.0), (4, 4.0)], 1.0) == [(0, 5.0), (2, 5.0), (2, 3.0), (4, 3.0)]
    assert best_so_far([(0, 5.0), (1, 7.0)], -1.0) == [(0, 5.0), (1, 5.0), (1, 7.0), (1, 7.0)]
    assert best_so_far([], 1.0) == []


@pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
def test_page_is_complete_and_readable_in_browser(page: Path) -> None:
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", dump_document(page)) == ["Best", "Search", "Parameters", "Trials"]
    assert probe_page(page, width=360)["overflow"] == 0
    for scheme in (0, 1):
        found = probe_page(page, f"--blink-settings=preferredColorScheme={scheme}")
        assert (luminance(channels(found["background"])[:3]) < 0.5) == (scheme == 0)
        assert min(contrast(color, grounds) for color, grounds in found["pairs"]) >= 4.5
