"""A study's draws depend on its seed and a trial's number, and on nothing that a restart would change."""

from pathlib import Path

import optuna
import pytest

from headrace.config.sections.tuning import Parameter, Pruner, Sampler, Tune
from headrace.tune.sampling import pruner_for, sampler_for
from headrace.tune.space import suggest
from headrace.tune.study.journal import open_study

SPACE = {"train.x": Parameter(kind="float", low=-3, high=3), "train.y": Parameter(kind="int", low=0, high=9)}


def settings(kind: str = "tpe", seed: int = 0) -> Tune:
    return Tune(study="s", space=SPACE, sampler=Sampler.model_validate({"kind": kind, "startup_trials": 4}), seed=seed)


def searched(journal: Path, tune: Tune, trials: int) -> list[tuple[float, int]]:
    """All values after so many further trials of a simple function, its study opened anew."""
    study = open_study(journal, "minimize", pruner_for(Pruner(kind="none"), 1))
    for number in range(len(study.trials), len(study.trials) + trials):
        study.sampler = sampler_for(tune, number)
        trial = study.ask()
        x, y = suggest(trial, SPACE).values()
        study.tell(trial, (x - 1) ** 2 + (y - 7) ** 2)
    return [(trial.params["train.x"], trial.params["train.y"]) for trial in study.trials]


@pytest.mark.parametrize("kind", ["tpe", "random"])
def test_a_study_opened_again_goes_on_as_if_it_had_not_been_closed(tmp_path: Path, kind: str) -> None:
    whole = searched(tmp_path / "whole", settings(kind), 12)
    searched(tmp_path / "parts", settings(kind), 5)
    assert searched(tmp_path / "parts", settings(kind), 7) == whole
    assert len(set(whole)) == 12


def test_another_seed_draws_other_values(tmp_path: Path) -> None:
    assert searched(tmp_path / "a", settings(seed=1), 3) != searched(tmp_path / "b", settings(seed=2), 3)


def test_tpe_comes_closer_than_its_first_trials(tmp_path: Path) -> None:
    values = [(x - 1) ** 2 + (y - 7) ** 2 for x, y in searched(tmp_path / "j", settings(), 40)]
    assert sum(values[-10:]) < sum(values[:10]) / 2


@pytest.mark.parametrize("kind", ["median", "asha", "hyperband"])
def test_a_pruner_stops_what_is_far_worse_and_never_the_best(tmp_path: Path, kind: str) -> None:
    pruner = pruner_for(Pruner.model_validate({"kind": kind, "startup_trials": 2}), 9)
    study = open_study(tmp_path / "journal.log", "minimize", pruner)
    pruned = {quality: [_is_pruned(study, quality) for _ in range(8)][-1] for quality in (1.0, 100.0, 0.1)}
    assert pruned == {1.0: pruned[1.0], 100.0: True, 0.1: False}


def _is_pruned(study: optuna.Study, value: float) -> bool:
    trial = study.ask()
    for epoch in range(1, 9):
        trial.report(value, epoch)
        if trial.should_prune():
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return True
    study.tell(trial, value)
    return False


def test_half_a_line_at_the_end_of_a_journal_costs_only_itself(tmp_path: Path) -> None:
    journal = tmp_path / "journal.log"
    before = searched(journal, settings(), 3)
    with journal.open("ab") as file:
        file.write(b'{"op_code": 4, "worker')
    assert searched(journal, settings(), 1)[:3] == before
    assert len(searched(journal, settings(), 0)) == 4
