"""Rebuild the database of a registry from the remaining bundles; no bundle is changed."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headrace import bundle as bundles
from headrace.errors import DataError
from headrace.locks.local_or_bucket_folder_lock import lock_folder
from headrace.processes.own_command_line_and_utc_now import utc_now
from headrace.registry.bundle_retrieval import load_intact
from headrace.registry.champion_link import linked_version
from headrace.registry.damaged_database_checks import BUNDLES, RegistryDamagedError, has_content, require_intact
from headrace.registry.promotion import finish_promotion
from headrace.registry.registry_connection import CHAMPION, RegistryConnection, registry_error, without_password
from headrace.registry.tracking.training_run_tracking import track
from headrace.registry.version_registration_and_lookup import (
    DECISION,
    REASONS,
    ModelRecord,
    create_version,
    ensure_model,
    tag,
    versions,
)
from headrace.runs.run_folder import RunFolder
from headrace.storage import is_remote, locate
from headrace.storage.local_copy import LocalCopy

log = logging.getLogger(__name__)

UNKNOWN = {DECISION: "restored", REASONS: "the decision about this version is not known"}


@dataclass(frozen=True, kw_only=True)
class StoredVersion:
    """A version whose bundle remains.

    Attributes:
        bundle: intact bundle.
        run: folder of the run that trained it; None to take the one that the bundle names.
        cycle: the retraining cycle that registered it.
        tags: the decision about it, as tags of the version.
    """

    number: int
    bundle: bundles.Bundle
    run: Path | None = None
    cycle: str = ""
    tags: dict[str, str] = field(default_factory=lambda: dict(UNKNOWN))


def stored_bundles(registry: RegistryConnection) -> dict[int, bundles.Bundle]:
    """Return the intact bundles in the registry's folder by version."""
    folder = registry.folder / BUNDLES
    names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    loaded = {int(name): load_intact(folder / name) for name in names if name.isdecimal()}
    return {number: bundle for number, bundle in loaded.items() if bundle is not None}


def rebuild(registry: RegistryConnection, found: Sequence[StoredVersion], champion: int | None) -> dict[str, Any]:
    """Register every version of `found` that the database does not know, under its number, and set the champion.

    A database that cannot be read is renamed. A number without a bundle is used up, so that no later version
    gets it.

    Args:
        champion: version to make the champion unless the champion link names one that was found.

    Raises:
        DataError: no bundle remains, or the database knows other versions under these numbers.
        HeadraceError: the registry is locked or does not respond.
    """
    from mlflow.exceptions import MlflowException

    if not found:
        raise DataError(f"No bundle of {registry.name} is left in {registry.folder / BUNDLES} or in retrain.folder.")
    renamed = _rename_unreadable(registry)
    try:
        with registry.transaction.hold("repair the registry"):
            restored = _register_missing(registry, {version.number: version for version in found})
            champion = _set_champion(registry, [version.number for version in found], champion)
    except MlflowException as error:
        raise registry_error(registry, error) from error
    numbers = {record.version for record in versions(registry)}
    return {
        "model": registry.name,
        "registry": without_password(registry.uri),
        "restored": restored,
        "lost": [number for number in range(1, max(numbers) + 1) if number not in numbers],
        "champion": champion,
        "damaged_database": str(renamed) if renamed else None,
    }


def _rename_unreadable(registry: RegistryConnection) -> Path | None:
    """Rename a database that cannot be read; return its new path, or None if it is intact or missing."""
    file = registry.database_file
    if file is None:
        raise DataError(
            f"The registry {without_password(registry.uri)} is a server; restore its database from a backup, as only "
            "a database in registry.folder can be rebuilt."
        )
    registry.folder.mkdir(parents=True, exist_ok=True)
    with lock_folder(registry.folder, "repair the registry", wait=True, max_seconds=60):
        if not file.exists() or _is_intact(file):
            return None
        target = file.with_name(f"{file.name}.damaged-{utc_now()[:19].replace(':', '')}")
        if is_remote(file):
            target.write_bytes(file.read_bytes())
            file.unlink()
        else:
            file.replace(target)
    log.warning("The database %s cannot be read and was renamed to %s.", file, target)
    return target


def _is_intact(file: Path) -> bool:
    if not has_content(file):
        return False
    copy = LocalCopy(file.parent, [file.name]) if is_remote(file) else None
    try:
        require_intact(copy.path / file.name if copy else file, file)
    except RegistryDamagedError:
        return False
    return True


def _register_missing(registry: RegistryConnection, found: dict[int, StoredVersion]) -> list[int]:
    ensure_model(registry)
    known = {record.version: record for record in versions(registry)}
    newest = max(known, default=0)
    for number, version in found.items():
        if number <= newest and not _is_same(known.get(number), version):
            raise DataError(
                f"The database {registry.database_file} knows other versions of {registry.name} than the bundles: "
                f"version {number} is not the one of {version.bundle.path}. Move the database away and repair again."
            )
    restored = []
    for number in range(newest + 1, max(found) + 1):
        if number in found:
            _register(registry, found[number])
            restored.append(number)
        else:
            _reserve_number(registry, number)
    return restored


def _is_same(record: ModelRecord | None, version: StoredVersion) -> bool:
    return record is not None and record.weights_sha256 == version.bundle.origin.weights_sha256


def _register(registry: RegistryConnection, version: StoredVersion) -> None:
    run = version.run or locate(version.bundle.origin.run)
    number = create_version(registry, _track(registry, run, version), version.bundle, version.cycle)
    if number != version.number:
        raise DataError(
            f"MLflow gave version {version.number} of {registry.name} the number {number}; move the database "
            f"{registry.database_file} away and repair again."
        )
    tag(registry, number, version.tags)
    log.info("Version %s of %s is registered again", number, registry.name)


def _track(registry: RegistryConnection, run: Path, version: StoredVersion) -> str:
    """Return the MLflow run of the training run in `run`; if its folder is gone, one that holds only the bundle."""
    folder = RunFolder(run)
    result = folder.result() if folder.record_file.is_file() else None
    # Another run may be in the folder now.
    if result and result["weights_sha256"] == version.bundle.origin.weights_sha256:
        return track(registry, run)
    tags = {"headrace.run": str(run), "headrace.weights.sha256": version.bundle.origin.weights_sha256}
    run_id = str(registry.client.create_run(registry.experiment, run_name=run.name, tags=tags).info.run_id)
    registry.client.set_terminated(run_id, "FINISHED")
    return run_id


def _reserve_number(registry: RegistryConnection, number: int) -> None:
    """Create and delete a version, so that its number is not given again."""
    log.warning("No bundle of version %s of %s is left; its number is not used again.", number, registry.name)
    lost = registry.client.create_model_version(registry.name, "lost")
    registry.client.delete_model_version(registry.name, str(lost.version))


def _set_champion(registry: RegistryConnection, found: list[int], champion: int | None) -> int | None:
    linked = linked_version(registry)
    number = linked if linked in found else champion
    if number is not None:
        registry.client.set_registered_model_alias(registry.name, CHAMPION, str(number))
        finish_promotion(registry)
    return number
