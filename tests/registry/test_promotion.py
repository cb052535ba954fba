"""The champion is always one intact version, wherever a promotion is killed; rollback restores its exact bytes."""

import hashlib
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headrace import bundle
from headrace.config import Configuration
from headrace.config.sections.retraining import Retrain
from headrace.errors import ConfigurationError, DataError
from headrace.predict import job as predict_job
from headrace.registry import promotion
from headrace.registry.bundle_retrieval import stored_bundle
from headrace.registry.champion_link import champion_link, linked_version
from headrace.registry.manual_promotion import promote_by_hand
from headrace.registry.promotion import ChampionChangedError, finish_promotion, promote, rollback
from headrace.registry.registry_connection import RegistryConnection
from headrace.registry.version_listing import as_text, list_versions
from headrace.registry.version_registration_and_lookup import champion, record_decision, version_named, versions
from headrace.retrain.journal import Journal
from headrace.retrain.journal_records import StepRecord
from headrace.retrain.steps import promote_predict_conclude
from headrace.retrain.steps.cycle_context import CycleContext
from tests.registry.killed_promotion import kill_before
from tests.support.runs import Runs

pytestmark = pytest.mark.tensorflow

RegisterRun = Callable[[int], int]
ALIAS_STEP = [step.__name__ for step in promotion.STEPS].index("_set_champion_alias")


def hash_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file by its path in the folder."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def champion_version(registry: RegistryConnection) -> int | None:
    """Return the champion's version, or None."""
    record = champion(registry)
    return record.version if record else None


def make_champion(registry: RegistryConnection, version: int) -> None:
    """Promote the version."""
    promote(registry, str(version), "promoted", "it is better")


def cycle_context(registry: RegistryConnection, folder: Path, **settings: Any) -> CycleContext:
    """Return the context of a new cycle that uses the registry, with `settings` of `retrain`."""
    tree: dict[str, Any] = {
        "data": {"source": {"path": "raw"}, "table": "table"},
        "model": {"file": "models/cnn.py"},
        "train": {"run": "run"},
    }
    journal = Journal(folder / "retraining")
    return CycleContext(
        configuration=Configuration.model_validate(tree),
        settings=Retrain.model_validate({"folder": str(journal.folder)} | settings),
        journal=journal,
        cycle=journal.begin("data", "settings", None, forced=False),
        registry=registry,
    )


def test_promoted_version_is_served_with_bytes_of_its_run(
    registry: RegistryConnection, runs: Runs, register_run: RegisterRun
) -> None:
    assert champion(registry) is None
    make_champion(registry, register_run(1))
    assert champion_version(registry) == linked_version(registry) == 1
    assert hash_files(champion_link(registry)) == hash_files(runs[1] / "bundle")
    assert bundle.load(champion_link(registry).resolve()).origin.weights_sha256 == f"{1:064x}"
    assert version_named(registry, "champion").decision == "promoted"


def test_challenger_is_the_last_registered_version(registry: RegistryConnection, register_run: RegisterRun) -> None:
    make_champion(registry, register_run(1))
    register_run(2)
    assert [(record.version, record.aliases) for record in versions(registry)] == [
        (2, ("challenger",)),
        (1, ("champion",)),
    ]
    make_champion(registry, 2)
    assert [(record.version, record.aliases) for record in versions(registry)] == [(2, ("champion",)), (1, ())]


def test_run_is_registered_once(registry: RegistryConnection, register_run: RegisterRun) -> None:
    assert register_run(1) == register_run(1) == 1
    assert len(versions(registry)) == 1


def test_rollback_restores_bytes_and_goes_further_back_each_time(
    registry: RegistryConnection, runs: Runs, register_run: RegisterRun
) -> None:
    for number in (1, 2, 3):
        make_champion(registry, register_run(number))
    for number in (2, 1):
        assert rollback(registry).version == number == champion_version(registry)
        assert hash_files(champion_link(registry)) == hash_files(runs[number] / "bundle")
    assert version_named(registry, "3").decision == "rolled back"
    with pytest.raises(ConfigurationError, match="nothing to roll back to"):
        rollback(registry)


def test_list_shows_the_decision_of_the_gate_after_a_promotion_by_hand_and_a_rollback(
    registry: RegistryConnection, register_run: RegisterRun
) -> None:
    make_champion(registry, register_run(1))
    record_decision(registry, register_run(2), "refused by the gate", ["accuracy fell"])
    for _ in range(2):
        promote_by_hand(registry, "2")
        assert "promoted by hand: requested by the user; first refused by the gate: accuracy fell" in shown(registry, 2)
        rollback(registry)
        assert "rolled back: version 1 was restored; first refused by the gate: accuracy fell" in shown(registry, 2)
        assert shown(registry, 1).endswith("restored: version 2 was rolled back; first promoted: it is better")


def shown(registry: RegistryConnection, version: int) -> str:
    """Return the line of a version in the list."""
    lines = as_text(list_versions(registry)).splitlines()
    return next(line for line in lines if line.split()[0] == str(version))


def test_damaged_bundle_is_restored_from_artifacts(
    registry: RegistryConnection, runs: Runs, register_run: RegisterRun
) -> None:
    make_champion(registry, register_run(1))
    make_champion(registry, register_run(2))
    here = stored_bundle(registry, version_named(registry, "1"))
    (here / "model.weights.h5").write_bytes(b"changed")
    assert hash_files(rollback(registry) and champion_link(registry)) == hash_files(runs[1] / "bundle")
    shutil.rmtree(registry.folder / "bundles")
    make_champion(registry, 2)
    assert hash_files(champion_link(registry)) == hash_files(runs[2] / "bundle")


@pytest.mark.parametrize("loss", ["removed", "damaged"])
def test_lost_bundle_of_the_champion_is_reported_and_restored_by_promoting_it_again(
    registry: RegistryConnection, runs: Runs, register_run: RegisterRun, loss: str, caplog: pytest.LogCaptureFixture
) -> None:
    make_champion(registry, register_run(1))
    assert list_versions(registry)["intact"]
    here = stored_bundle(registry, version_named(registry, "1"))
    if loss == "removed":
        shutil.rmtree(here)
    else:
        (here / "model.weights.h5").write_bytes(b"changed")
    assert not list_versions(registry)["intact"]
    assert "missing or damaged" in caplog.text
    assert "`headrace models promote CONF 1`" in caplog.text
    assert promote_by_hand(registry, "1")["champion"] == 1
    assert hash_files(champion_link(registry)) == hash_files(runs[1] / "bundle")


def test_lost_artifacts_stop_promotion_before_any_change(
    registry: RegistryConnection, register_run: RegisterRun
) -> None:
    make_champion(registry, register_run(1))
    register_run(2)
    run_id = version_named(registry, "2").run_id
    shutil.rmtree(registry.folder / "artifacts" / run_id / "artifacts" / "model")
    with pytest.raises(DataError, match="restore the registry's artifacts"):
        make_champion(registry, 2)
    assert champion_version(registry) == linked_version(registry) == 1


@pytest.mark.parametrize("step", range(len(promotion.STEPS)))
def test_killed_promotion_leaves_one_intact_champion(
    registry: RegistryConnection, runs: Runs, register_run: RegisterRun, step: int
) -> None:
    make_champion(registry, register_run(1))
    register_run(2)
    assert kill_before(step, registry, "promote", "2") == -signal.SIGKILL
    # The served bundle stays intact; the alias already names the new version once it is set.
    assert hash_files(champion_link(registry)) == hash_files(runs[1] / "bundle")
    assert champion_version(registry) == (2 if step > ALIAS_STEP else 1)
    # The next command finishes the promotion, and repeating it has no further effect.
    finish_promotion(registry)
    assert linked_version(registry) == champion_version(registry)
    make_champion(registry, 2)
    assert champion_version(registry) == linked_version(registry) == 2
    assert hash_files(champion_link(registry)) == hash_files(runs[2] / "bundle")
    assert [record.aliases for record in versions(registry)] == [("champion",), ()]
    assert rollback(registry).version == 1


@pytest.mark.parametrize("step", [ALIAS_STEP, ALIAS_STEP + 1, len(promotion.STEPS) - 1])
def test_killed_rollback_goes_back_once_when_repeated(
    registry: RegistryConnection, register_run: RegisterRun, step: int
) -> None:
    for number in (1, 2, 3):
        make_champion(registry, register_run(number))
    assert kill_before(step, registry, "rollback") == -signal.SIGKILL
    assert rollback(registry).version == 2
    assert champion_version(registry) == linked_version(registry) == 2


def test_promotion_is_refused_when_champion_has_changed(
    registry: RegistryConnection, register_run: RegisterRun
) -> None:
    make_champion(registry, register_run(1))
    make_champion(registry, register_run(2))
    register_run(3)
    with pytest.raises(ChampionChangedError, match="is now version 2"):
        promote(registry, "3", "promoted", "it is better than 1", expected_champion=1)
    assert champion_version(registry) == 2


def test_first_champion_is_not_replaced_by_a_version_that_was_compared_with_none(
    registry: RegistryConnection, register_run: RegisterRun
) -> None:
    """Two machines may begin with an empty registry: the second one would replace the first's champion unseen."""
    register_run(1)
    register_run(2)
    promote(registry, "1", "promoted", "the first", expected_champion=None)
    with pytest.raises(ChampionChangedError, match="is now version 1, but version 2 was compared with no version"):
        promote(registry, "2", "promoted", "the first", expected_champion=None)
    assert champion_version(registry) == linked_version(registry) == 1


def test_cycle_promotes_no_version_of_another_registry_that_has_the_number_of_its_challenger(
    registry: RegistryConnection, register_run: RegisterRun, tmp_path: Path
) -> None:
    """The registry may be changed while a cycle is interrupted; what the gate let pass were the cycle's weights."""
    make_champion(registry, register_run(1))
    register_run(2)
    context = cycle_context(registry, tmp_path)
    cycle = context.cycle
    outputs = {"validate": {"champion": 1}, "register": {"version": 2}, "gate": {"checks": []}}
    for name, output in (outputs | {"train": {"weights_sha256": f"{3:064x}"}}).items():
        cycle.write_step(name, StepRecord(inputs={}, output=output, seconds=0, finished=""))
    with pytest.raises(DataError, match="is not the challenger that cycle 1 trained and evaluated"):
        promote_predict_conclude.promote(context)
    assert champion_version(registry) == linked_version(registry) == 1
    cycle.write_step("train", StepRecord(inputs={}, output={"weights_sha256": f"{2:064x}"}, seconds=0, finished=""))
    assert promote_predict_conclude.promote(context).output["champion"] == 2
    assert champion_version(registry) == linked_version(registry) == 2


def test_cycle_predicts_with_the_version_that_it_promoted(
    registry: RegistryConnection, register_run: RegisterRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine may promote a version of its own before this cycle predicts."""
    used = list[Path]()
    monkeypatch.setattr(predict_job, "predict", lambda bundle, *_: used.append(bundle.resolve()) or {})
    paths = {"input": str(tmp_path / "new"), "output": str(tmp_path / "predictions")}
    context = cycle_context(registry, tmp_path, predict=paths)
    make_champion(registry, register_run(1))
    context.cycle.write_step("promote", StepRecord(inputs={}, output={"champion": 1}, seconds=0, finished=""))
    make_champion(registry, register_run(2))
    promote_predict_conclude.predict(context)
    assert used == [stored_bundle(registry, version_named(registry, "1")).resolve()]


def test_unknown_version_error_lists_versions(registry: RegistryConnection, register_run: RegisterRun) -> None:
    register_run(1)
    with pytest.raises(ConfigurationError, match="no version or alias '7'; its versions: 1"):
        make_champion(registry, 7)
