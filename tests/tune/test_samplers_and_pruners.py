"""A study's draws depend only on its seed and the trial's number, so a restart does not change them."""

from pathlib import Path

import optuna
import pytest

from headrace.config.sections.tuning import Parameter, Pruner, Sampler, Tune
from headrace.tune.samplers_and_pruners import pruner_for, sampler_for
from headrace.tune.search_space import suggest
from headrace.tune.study.journal_storage import open_study

SPACE = {"train.x": Parameter(kind="float", low=-3, high=3), "train.y": Parameter(kind="int", low=0, high=9)}


def settings(kind: str = "tpe", seed: int = 0) -> Tune:
    """Return the settings of a study with this sampler and seed."""
    return Tune(study="s", space=SPACE, sampler=Sampler.model_validate({"kind": kind, "startup_trials": 4}), seed=seed)


def run_trials(journal: Path, tune: Tune, trials: int) -> list[tuple[float, int]]:
    """Reopen the study, run `trials` further trials of a quadratic function and return all values drawn so far."""
    study = open_study(journal, "minimize", pruner_for(Pruner(kind="none"), 1))
    for number in range(len(study.trials), len(study.trials) + trials):
        study.sampler = sampler_for(tune, number)
        trial = study.ask()
        x, y = suggest(trial, SPACE).values()
        study.tell(trial, (x - 1) ** 2 + (y - 7) ** 2)
    return [(trial.params["train.x"], trial.params["train.y"]) for trial in study.trials]


@pytest.mark.parametrize("kind", ["tpe", "random"])
def test_reopened_study_draws_as_if_uninterrupted(tmp_path: Path, kind: str) -> None:
    uninterrupted = run_trials(tmp_path / "uninterrupted", settings(kind), 12)
    run_trials(tmp_path / "resumed", settings(kind), 5)
    assert run_trials(tmp_path / "resumed", settings(kind), 7) == uninterrupted
    assert len(set(uninterrupted)) == 12


def test_other_seed_draws_other_values(tmp_path: Path) -> None:
    assert run_trials(tmp_path / "a", settings(seed=1), 3) != run_trials(tmp_path / "b", settings(seed=2), 3)


def test_tpe_improves_on_its_first_trials(tmp_path: Path) -> None:
    values = [(x - 1) ** 2 + (y - 7) ** 2 for x, y in run_trials(tmp_path / "j", settings(), 40)]
    assert sum(values[-10:]) < sum(values[:10]) / 2


@pytest.mark.parametrize("kind", ["median", "asha", "hyperband"])
def test_pruner_stops_poor_trials_but_never_the_best(tmp_path: Path, kind: str) -> None:
    pruner = pruner_for(Pruner.model_validate({"kind": kind, "startup_trials": 2}), 9)
    study = open_study(tmp_path / "journal.log", "minimize", pruner)
    pruned = {quality: [_is_pruned(study, quality) for _ in range(8)][-1] for quality in (1.0, 100.0, 0.1)}
    assert pruned == {1.0: pruned[1.0], 100.0: True, 0.1: False}


def _is_pruned(study: optuna.Study, value: float) -> bool:
    """Run a trial that reports the same value for 8 epochs; return whether it is pruned."""
    trial = study.ask()
    for epoch in range(1, 9):
        trial.report(value, epoch)
        if trial.should_prune():
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return True
    study.tell(trial, value)
    return False


def test_partial_last_line_of_journal_is_ignored(tmp_path: Path) -> None:
    journal = tmp_path / "journal.log"
    before = run_trials(journal, settings(), 3)
    with journal.open("ab") as file:
        file.write(b'{"op_code": 4, "worker')
    assert run_trials(journal, settings(), 1)[:3] == before
    assert len(run_trials(journal, settings(), 0)) == 4
