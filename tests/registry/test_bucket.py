"""A registry in a bucket: concurrent, interrupted and repeated promotions leave exactly one intact champion."""

import json
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headrace import bundle
from headrace.errors import DataError, HeadraceError
from headrace.registry import promotion, registry_transaction
from headrace.registry.champion_link import champion_bundle, champion_link, linked_version
from headrace.registry.object_sqlite import RegistryChangedError
from headrace.registry.promotion import ChampionChangedError, finish_promotion, promote, rollback
from headrace.registry.registry_connection import RegistryConnection
from headrace.registry.tracking.training_run_tracking import track
from headrace.registry.version_registration_and_lookup import ModelRecord, champion, register, version_named, versions
from headrace.storage import files_below, locate
from headrace.storage.atomic_files_and_folders import remove_tree
from tests.registry.killed_promotion import kill_before
from tests.support.lock_holder import held
from tests.support.runs import Runs

pytestmark = pytest.mark.tensorflow

RegisterRun = Callable[[int], int]
ALIAS_STEP = [step.__name__ for step in promotion.STEPS].index("_set_champion_alias")


def reopen(registry: RegistryConnection) -> RegistryConnection:
    """Return the same registry as another process opens it."""
    return RegistryConnection(registry.folder, registry.name, registry.uri)


@pytest.fixture
def registry(bucket: str, empty_database: Path) -> RegistryConnection:
    """Return an empty registry in a new bucket."""
    folder = locate(f"s3://{bucket}/registry")
    (folder / "mlflow.db").write_bytes(empty_database.read_bytes())
    return RegistryConnection(folder, "clothes", str(folder / "mlflow.db"))


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the content of every file by its path in the folder."""
    return {file.path: (folder / file.path).read_bytes() for file in files_below(folder)}


def champion_version(registry: RegistryConnection) -> int | None:
    """Return the champion's version as a new process reads it."""
    record = champion(reopen(registry))
    return record.version if record else None


def make_champion(registry: RegistryConnection, version: int) -> ModelRecord:
    """Promote the version."""
    return promote(registry, str(version), "promoted", "it is better")


def test_rollback_restores_bytes_of_the_run(
    registry: RegistryConnection, runs: Runs, register_run: RegisterRun
) -> None:
    for number in (1, 2, 3):
        make_champion(registry, register_run(number))
        assert champion_version(registry) == linked_version(registry) == number
    for number in (2, 1):
        assert rollback(registry).version == number == champion_version(registry) == linked_version(registry)
        assert read_files(champion_bundle(registry)) == read_files(runs[number] / "bundle")
        assert bundle.load(champion_link(registry)).origin.weights_sha256 == f"{number:064x}"
    assert version_named(reopen(registry), "3").decision == "rolled back"
    assert not (registry.folder / "lock.json").exists()


def test_registry_is_created_by_the_first_change(bucket: str, runs: Runs) -> None:
    folder = locate(f"s3://{bucket}/new/registry")
    registry = RegistryConnection(folder, "clothes", str(folder / "mlflow.db"))
    assert versions(registry) == []
    assert not folder.exists()
    run = track(registry, runs[1])
    assert track(reopen(registry), runs[1]) == run
    assert {file.path for file in files_below(folder)} == {
        "mlflow.db",
        *(f"artifacts/{run}/artifacts/{name}" for name in ("run.json", "result.json", "metrics.jsonl", "model.py")),
    }


def test_damaged_bundle_is_restored_from_artifacts(
    registry: RegistryConnection, runs: Runs, register_run: RegisterRun
) -> None:
    make_champion(registry, register_run(1))
    make_champion(registry, register_run(2))
    (registry.folder / "bundles" / "000001" / "model.weights.h5").write_bytes(b"changed")
    rollback(registry)
    assert read_files(champion_bundle(registry)) == read_files(runs[1] / "bundle")
    remove_tree(registry.folder / "bundles")
    remove_tree(registry.folder / "artifacts" / version_named(registry, "2").run_id)
    with pytest.raises(DataError, match="restore the registry's artifacts"):
        make_champion(registry, 2)
    assert champion_version(registry) == 1


@pytest.mark.parametrize("step", [ALIAS_STEP, ALIAS_STEP + 1, len(promotion.STEPS) - 1])
def test_killed_promotion_is_finished_by_the_next_command(
    registry: RegistryConnection, runs: Runs, register_run: RegisterRun, step: int
) -> None:
    make_champion(registry, register_run(1))
    register_run(2)
    assert kill_before(step, registry, "promote", "2") == -signal.SIGKILL
    assert champion_version(registry) == (2 if step > ALIAS_STEP else 1)
    assert linked_version(registry) == 1
    assert read_files(champion_bundle(registry)) == read_files(runs[1] / "bundle")
    finish_promotion(reopen(registry))
    assert linked_version(registry) == champion_version(registry)
    make_champion(reopen(registry), 2)
    assert read_files(champion_bundle(registry)) == read_files(runs[2] / "bundle")
    assert [record.aliases for record in versions(registry)] == [("champion",), ()]


def test_exactly_one_of_two_concurrent_promotions_succeeds(
    registry: RegistryConnection, register_run: RegisterRun
) -> None:
    make_champion(registry, register_run(1))
    for number in (2, 3):
        register_run(number)

    def try_promote(version: int) -> int | ChampionChangedError:
        try:
            return promote(reopen(registry), str(version), "promoted", "better than 1", expected_champion=1).version
        except ChampionChangedError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(try_promote, (2, 3)))
    (winner,) = [result for result in results if isinstance(result, int)]
    (error,) = [result for result in results if isinstance(result, ChampionChangedError)]
    assert f"is now version {winner}" in str(error)
    assert champion_version(registry) == linked_version(registry) == winner


def test_process_that_lost_its_lock_cannot_overwrite_the_champion(
    registry: RegistryConnection, register_run: RegisterRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_champion(registry, register_run(1))
    for number in (2, 3):
        register_run(number)

    def steal_lock(_: RegistryConnection, __: promotion.Promotion) -> None:
        monkeypatch.undo()
        (registry.folder / "lock.json").unlink()
        make_champion(reopen(registry), 3)

    monkeypatch.setattr(promotion, "STEPS", (*promotion.STEPS[:ALIAS_STEP], steal_lock, *promotion.STEPS[ALIAS_STEP:]))
    with pytest.raises(RegistryChangedError, match="was changed by another process at the same time"):
        make_champion(registry, 2)
    assert champion_version(registry) == linked_version(registry) == 3
    # The changes in the local copy were discarded.
    assert champion(registry) == champion(reopen(registry))
    assert make_champion(registry, 2).rollback_to == 3


def test_stale_lock_is_reported_with_its_path(
    registry: RegistryConnection, register_run: RegisterRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_run(1)
    monkeypatch.setattr(registry_transaction, "LOCK_TIMEOUT_SECONDS", 0.1)
    lock = registry.folder / "lock.json"
    with held(lock) as other:
        lock.write_bytes(json.dumps(json.loads(lock.read_bytes()) | {"machine": "another one"}).encode())
        other.kill()
        other.wait()
        with pytest.raises(HeadraceError, match=f"is locked by process {other.pid} on .* remove {lock}"):
            make_champion(registry, 1)
        assert [record.version for record in versions(registry)] == [1]


def test_run_in_bucket_is_tracked_and_registered(registry: RegistryConnection, runs: Runs, bucket: str) -> None:
    run = locate(f"s3://{bucket}/runs/first")
    for name, data in read_files(runs[1]).items():
        (run / name).write_bytes(data)
    number = track(registry, run)
    register(registry, number, run / "bundle", "cycle 1")
    assert reopen(registry).client.get_run(number).data.metrics["epoch/val_loss"] == pytest.approx(0.3)
    make_champion(registry, 1)
    assert read_files(champion_bundle(registry)) == read_files(runs[1] / "bundle")
