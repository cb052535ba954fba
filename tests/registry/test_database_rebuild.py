"""A registry that lacks versions of its folders is refused, and rebuilt from the bundles and the journal."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headrace.config import Configuration
from headrace.errors import DataError, HeadraceError
from headrace.registry.bundle_retrieval import stored_bundle
from headrace.registry.champion_link import linked_version
from headrace.registry.damaged_database_checks import RegistryDamagedError
from headrace.registry.promotion import promote, rollback
from headrace.registry.registry_connection import RegistryConnection
from headrace.registry.version_registration_and_lookup import champion, version_named, versions
from headrace.retrain.cycle import retrain
from headrace.retrain.journal import Journal
from headrace.retrain.journal_records import Outcome, StepRecord
from headrace.retrain.rebuild_registry_from_journal import repair, require_known_promotions
from headrace.storage import ObjectPath, locate
from tests.support.runs import Runs
from tests.support.small_disk import read_only

pytestmark = pytest.mark.tensorflow


def reopen(registry: RegistryConnection) -> RegistryConnection:
    """Return the registry as the next command opens it."""
    return RegistryConnection(registry.folder, registry.name, registry.uri)


def write_cycle(journal: Journal, run: Path, decision: Any, promoted: dict[str, Any] | None) -> None:
    """Add a cycle that has registered the bundle of `run` as the version of its own number."""
    cycle = journal.begin("data", "settings", None, forced=False)
    outputs: dict[str, dict[str, Any]] = {
        "train": {"bundle": str(run / "bundle")}, "register": {"version": cycle.number}, "promote": promoted or {},
    }  # fmt: skip
    shutil.copytree(run, cycle.run)
    for name, output in outputs.items():
        if output:
            cycle.write_step(name, StepRecord(inputs={}, output=output, seconds=0, finished=""))
    cycle.end(Outcome(decision=decision, reasons=("as it was",)))


@pytest.fixture
def journal(tmp_path: Path, runs: Runs) -> Journal:
    """Write a journal of three cycles: version 1 was promoted, 2 was refused, 3 replaced version 1."""
    journal = Journal(tmp_path / "retraining")
    write_cycle(journal, runs[1], "promoted", {"champion": 1, "replaced": None})
    write_cycle(journal, runs[2], "refused by the gate", None)
    write_cycle(journal, runs[3], "promoted", {"champion": 3, "replaced": 1})
    return journal


def configuration(registry: RegistryConnection, journal: Journal) -> Configuration:
    """Return the configuration of the registry and the journal."""
    tree: dict[str, Any] = {
        "data": {"source": {"path": "raw"}, "table": "table"},
        "model": {"file": "models/cnn.py"},
        "train": {"run": "run"},
        "registry": {"folder": str(registry.folder), "model": registry.name},
        "retrain": {"folder": str(journal.folder)},
    }
    return Configuration.model_validate(tree)


@pytest.fixture
def promoted(registry: RegistryConnection, register_run: Callable[[int], int]) -> RegistryConnection:
    """Return a registry with three versions: version 1 was promoted, then version 3.

    Its folder has moved since, because MLflow keeps the database of a path open as long as the process lives.
    """
    for number in (1, 2, 3):
        register_run(number)
        if number != 2:
            promote(registry, str(number), "promoted", "it is better")
    folder = registry.folder.rename(registry.folder.with_name("moved"))
    return RegistryConnection(folder, registry.name, f"sqlite:///{folder / 'mlflow.db'}")


@pytest.mark.parametrize("state", ["missing", "empty", "damaged", "older"])
def test_registry_with_missing_versions_is_refused_and_repaired(
    promoted: RegistryConnection, journal: Journal, empty_database: Path, state: str
) -> None:
    registry = promoted
    database = registry.folder / "mlflow.db"
    content = {"empty": b"", "damaged": database.read_bytes()[:5000] + b"#" * 9000}
    content["older"] = empty_database.read_bytes()
    database.unlink()
    if state != "missing":
        database.write_bytes(content[state])
    with pytest.raises(RegistryDamagedError, match="rebuild it with `headrace models repair`"):
        versions(reopen(registry))
    assert database.exists() == (state != "missing")

    result = repair(configuration(registry, journal))
    assert (result["restored"], result["lost"], result["champion"]) == ([1, 2, 3], [], 3)
    assert (result["damaged_database"] is None) == (state in ("missing", "older"))
    repaired = reopen(registry)
    records = {record.version: record for record in versions(repaired)}
    assert [record.weights_sha256 for _, record in sorted(records.items())] == [
        f"{number:064x}" for number in (1, 2, 3)
    ]
    assert [records[number].decision for number in (1, 2, 3)] == ["promoted", "refused by the gate", "promoted"]
    assert records[2].reasons == "as it was"
    require_known_promotions(repaired, journal)
    assert rollback(repaired).version == linked_version(repaired) == 1
    # Repairing an intact registry changes nothing.
    assert repair(configuration(registry, journal))["restored"] == []


def test_versions_without_journal_or_run_are_restored_under_their_numbers(
    promoted: RegistryConnection, journal: Journal
) -> None:
    registry = promoted
    (registry.folder / "mlflow.db").unlink()
    shutil.rmtree(registry.folder / "artifacts")
    shutil.rmtree(journal.folder)
    result = repair(configuration(registry, journal))
    assert (result["restored"], result["lost"], result["champion"]) == ([1, 3], [2], 3)
    repaired = reopen(registry)
    assert version_named(repaired, "3").decision == "restored"
    shutil.rmtree(registry.folder / "bundles" / "000001")
    assert stored_bundle(repaired, version_named(repaired, "1")).is_dir()


def test_registry_without_a_promotion_of_the_journal_is_refused(registry: RegistryConnection, journal: Journal) -> None:
    with pytest.raises(RegistryDamagedError, match="does not know version 1 of clothes, which cycle 1 of .* promoted"):
        require_known_promotions(registry, journal)
    assert repair(configuration(registry, journal))["champion"] == 3
    require_known_promotions(reopen(registry), journal)


def test_bundle_of_another_version_is_never_overwritten(
    registry: RegistryConnection, register_run: Callable[[int], int], runs: Runs
) -> None:
    register_run(1)
    shutil.copytree(runs[2] / "bundle", registry.folder / "bundles" / "000001")
    with pytest.raises(DataError, match=r"bundles/000001 holds another model than version 1 .* is not overwritten"):
        promote(reopen(registry), "1", "promoted", "it is better")
    assert champion(registry) is None
    with pytest.raises(DataError, match="version 1 is not the one of .*bundles/000001"):
        repair(configuration(registry, Journal(registry.folder / "none")))


def test_registry_in_bucket_is_refused_and_repaired(
    bucket: str, empty_database: Path, runs: Runs, journal: Journal
) -> None:
    folder = locate(f"s3://{bucket}/registry")
    assert isinstance(folder, ObjectPath)
    registry = RegistryConnection(folder, "clothes", str(folder / "mlflow.db"))
    for name in sorted(file.name for file in (runs[1] / "bundle").iterdir() if file.is_file()):
        (folder / "bundles" / "000001" / name).write_bytes((runs[1] / "bundle" / name).read_bytes())
    with pytest.raises(RegistryDamagedError, match="is missing or empty"):
        versions(reopen(registry))
    (folder / "mlflow.db").write_bytes(b"no database" * 1000)
    with pytest.raises(RegistryDamagedError, match="cannot be read"):
        versions(reopen(registry))
    result = repair(configuration(registry, journal))
    assert (result["restored"], result["champion"]) == ([1, 2, 3], 3)
    assert locate(result["damaged_database"]).exists()
    assert rollback(reopen(registry)).version == 1


def test_lost_database_is_reported_before_a_training(journal: Journal, tmp_path: Path) -> None:
    from headrace.registry.tracking.train_and_tune_tracked import train_tracked

    registry = RegistryConnection(tmp_path / "lost", "clothes", "")
    (registry.folder / "bundles" / "000001").mkdir(parents=True)
    with pytest.raises(
        RegistryDamagedError, match=r"lost/mlflow.db is missing or empty, but .*lost/bundles holds files"
    ):
        train_tracked(configuration(registry, journal))


@pytest.mark.parametrize("refused", ["folder", "database"])
def test_registry_that_cannot_be_written_is_reported_before_a_training(
    registry: RegistryConnection, journal: Journal, tmp_path: Path, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing may be trained whose result could not be kept."""
    from headrace.registry.tracking.train_and_tune_tracked import train_tracked, tune_tracked

    monkeypatch.chdir(tmp_path)
    for name in ("boot", "bag"):
        (tmp_path / "raw" / name).mkdir(parents=True)
        (tmp_path / "raw" / name / "1.png").write_bytes(b"listed only")
    path = registry.folder if refused == "folder" else registry.folder / "mlflow.db"
    with read_only(path):
        for command in (train_tracked, tune_tracked, retrain):
            with pytest.raises(HeadraceError, match=f"{registry.folder}.* cannot be written"):
                command(configuration(registry, journal))
    assert not (tmp_path / "run").exists()
    assert journal.cycles()[-1].step("prepare") is None
