"""A registry in a bucket: one champion whoever promotes, however a promotion ends, and its exact bytes."""

import json
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headrace import bundle
from headrace.errors import DataError, HeadraceError
from headrace.registry import promotion, transaction
from headrace.registry.bundle_store import champion_bundle, champion_link, linked_bundle
from headrace.registry.object_sqlite import RegistryChangedError
from headrace.registry.promotion import ChampionChangedError, finish_promotion, promote, rollback
from headrace.registry.store import Registry
from headrace.registry.tracking.training import track
from headrace.registry.versions import ModelRecord, champion, register, version_named, versions
from headrace.storage import files_below, locate
from headrace.storage.remove_tree import remove_tree
from tests.registry.dying import killed_before
from tests.support.lock_holder import held
from tests.support.runs import Runs

Enter = Callable[[int], int]
NAMED = [step.__name__ for step in promotion.STEPS].index("_name_champion")


def another(registry: Registry) -> Registry:
    """The same one, as another process sees it."""
    return Registry(registry.folder, registry.name, registry.uri)


@pytest.fixture
def registry(bucket: str, empty_database: Path) -> Registry:
    folder = locate(f"s3://{bucket}/registry")
    (folder / "mlflow.db").write_bytes(empty_database.read_bytes())
    return Registry(folder, "clothes", str(folder / "mlflow.db"))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.path: (folder / file.path).read_bytes() for file in files_below(folder)}


def the_champion(registry: Registry) -> int | None:
    """As a process sees it that begins now."""
    found = champion(another(registry))
    return found.version if found else None


def make_champion(registry: Registry, version: int) -> ModelRecord:
    return promote(registry, str(version), "promoted", "it is better")


def test_the_champion_has_the_bytes_of_its_run_and_a_rollback_gives_them_back_each_time(
    registry: Registry, runs: Runs, enter: Enter
) -> None:
    for number in (1, 2, 3):
        make_champion(registry, enter(number))
        assert the_champion(registry) == linked_bundle(registry) == number
    for number in (2, 1):
        assert rollback(registry).version == number == the_champion(registry) == linked_bundle(registry)
        assert contents(champion_bundle(registry)) == contents(runs[number] / "bundle")
        assert bundle.load(champion_link(registry)).origin.weights_sha256 == f"{number:064x}"
    assert version_named(another(registry), "3").decision == "rolled back"
    assert not (registry.folder / "lock.json").exists()


def test_a_registry_that_is_not_there_yet_is_made_by_the_first_change(bucket: str, runs: Runs) -> None:
    folder = locate(f"s3://{bucket}/new/registry")
    registry = Registry(folder, "clothes", str(folder / "mlflow.db"))
    assert versions(registry) == []
    assert not folder.exists()
    run = track(registry, runs[1])
    assert track(another(registry), runs[1]) == run
    assert {file.path for file in files_below(folder)} == {
        "mlflow.db",
        *(f"artifacts/{run}/artifacts/{name}" for name in ("run.json", "result.json", "metrics.jsonl", "model.py")),
    }


def test_bytes_that_were_lost_come_from_what_is_tracked_and_when_that_is_lost_too_it_is_a_sentence(
    registry: Registry, runs: Runs, enter: Enter
) -> None:
    make_champion(registry, enter(1))
    make_champion(registry, enter(2))
    (registry.folder / "bundles" / "000001" / "model.weights.h5").write_bytes(b"changed")
    rollback(registry)
    assert contents(champion_bundle(registry)) == contents(runs[1] / "bundle")
    remove_tree(registry.folder / "bundles")
    remove_tree(registry.folder / "artifacts" / version_named(registry, "2").run_id)
    with pytest.raises(DataError, match="restore the registry's artifacts"):
        make_champion(registry, 2)
    assert the_champion(registry) == 1


@pytest.mark.parametrize("step", [NAMED, NAMED + 1, len(promotion.STEPS) - 1])
def test_a_promotion_that_is_killed_leaves_the_old_champion_or_the_new_one_and_the_next_command_finishes_it(
    registry: Registry, runs: Runs, enter: Enter, step: int
) -> None:
    make_champion(registry, enter(1))
    enter(2)
    assert killed_before(step, registry, "promote", "2") == -signal.SIGKILL
    assert the_champion(registry) == (2 if step > NAMED else 1)
    assert linked_bundle(registry) == 1
    assert contents(champion_bundle(registry)) == contents(runs[1] / "bundle")
    finish_promotion(another(registry))
    assert linked_bundle(registry) == the_champion(registry)
    make_champion(another(registry), 2)
    assert contents(champion_bundle(registry)) == contents(runs[2] / "bundle")
    assert [record.aliases for record in versions(registry)] == [("champion",), ()]


def test_of_two_who_promote_at_once_one_wins_and_the_other_is_told(registry: Registry, enter: Enter) -> None:
    make_champion(registry, enter(1))
    for number in (2, 3):
        enter(number)

    def promoted(version: int) -> int | ChampionChangedError:
        try:
            return promote(another(registry), str(version), "promoted", "better than 1", instead_of=1).version
        except ChampionChangedError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(promoted, (2, 3)))
    (won,) = [answer for answer in answers if isinstance(answer, int)]
    (lost,) = [answer for answer in answers if isinstance(answer, ChampionChangedError)]
    assert f"is version {won} by now" in str(lost)
    assert the_champion(registry) == linked_bundle(registry) == won


def test_who_lost_the_lock_cannot_overwrite_the_champion_of_who_took_it(
    registry: Registry, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_champion(registry, enter(1))
    for number in (2, 3):
        enter(number)

    def interrupted(_: Registry, __: promotion.Promotion) -> None:
        monkeypatch.undo()
        (registry.folder / "lock.json").unlink()
        make_champion(another(registry), 3)

    monkeypatch.setattr(promotion, "STEPS", (*promotion.STEPS[:NAMED], interrupted, *promotion.STEPS[NAMED:]))
    with pytest.raises(RegistryChangedError, match="was changed by another process while this one changed it"):
        make_champion(registry, 2)
    assert the_champion(registry) == linked_bundle(registry) == 3
    # What it had changed in its copy only does not come back.
    assert champion(registry) == champion(another(registry))
    assert make_champion(registry, 2).replaced == 3


def test_a_lock_that_nobody_lets_go_of_is_a_sentence_that_names_it(
    registry: Registry, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(1)
    monkeypatch.setattr(transaction, "PATIENCE_SECONDS", 0.1)
    lock = registry.folder / "lock.json"
    with held(lock) as other:
        lock.write_bytes(json.dumps(json.loads(lock.read_bytes()) | {"machine": "another one"}).encode())
        other.kill()
        other.wait()
        with pytest.raises(HeadraceError, match=f"is worked on by process {other.pid} on .* remove {lock}"):
            make_champion(registry, 1)
        assert [record.version for record in versions(registry)] == [1]


def test_a_run_in_a_bucket_is_tracked_and_its_bundle_registered(registry: Registry, runs: Runs, bucket: str) -> None:
    run = locate(f"s3://{bucket}/runs/first")
    for name, data in contents(runs[1]).items():
        (run / name).write_bytes(data)
    number = track(registry, run)
    register(registry, number, run / "bundle", "cycle 1")
    assert another(registry).client.get_run(number).data.metrics["epoch/val_loss"] == pytest.approx(0.3)
    make_champion(registry, 1)
    assert contents(champion_bundle(registry)) == contents(runs[1] / "bundle")
