"""Model bundles in the registry's folder, byte for byte as registered."""

import json
import logging
from pathlib import Path

from headrace import bundle as bundles
from headrace.errors import DataError
from headrace.registry.damaged_database_checks import BUNDLES
from headrace.registry.registry_connection import RegistryConnection
from headrace.registry.tracking.artifact_store import download_files
from headrace.registry.version_registration_and_lookup import BUNDLE, MODEL, ModelRecord
from headrace.storage.atomic_files_and_folders import publish_directory

log = logging.getLogger(__name__)


def stored_bundle(registry: RegistryConnection, record: ModelRecord) -> Path:
    """Return the bundle of a version; download it from the tracked artifacts if the local copy is missing or changed.

    Raises:
        DataError: the artifacts of the version are missing or damaged, or its folder holds another version.
    """
    path = registry.folder / BUNDLES / f"{record.version:06d}"
    if not _is_intact(path, record):
        _require_same_version(path, record)
        log.info("Downloading version %s of %s from the registry", record.version, registry.name)
        _restore(registry, record, path)
    return path


def is_stored(registry: RegistryConnection, record: ModelRecord) -> bool:
    """Return whether the registry's folder holds the bundle of a version as it was registered."""
    return _is_intact(registry.folder / BUNDLES / f"{record.version:06d}", record)


def load_intact(path: Path) -> bundles.Bundle | None:
    """Return the bundle at `path`; None if it is missing or damaged."""
    try:
        return bundles.load(path)
    except DataError:
        return None


def _is_intact(path: Path, record: ModelRecord) -> bool:
    bundle = load_intact(path)
    return bundle is not None and bundle.origin.weights_sha256 == record.weights_sha256


def _require_same_version(path: Path, record: ModelRecord) -> None:
    """Raise unless the folder is missing, was written incompletely, or is a damaged copy of this version."""
    try:
        found = json.loads((path / "origin.json").read_bytes())["weights_sha256"]
    except FileNotFoundError:
        found = None if (path / bundles.MANIFEST).exists() else record.weights_sha256
    except (OSError, ValueError, KeyError, TypeError):
        found = None
    if found != record.weights_sha256:
        raise DataError(
            f"{path} holds another model than version {record.version} (weights {str(found)[:12]}, expected "
            f"{record.weights_sha256[:12]}) and is not overwritten; move it away if it is of no use, or rebuild the "
            "registry with `headrace models repair`."
        )


def _restore(registry: RegistryConnection, record: ModelRecord, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with publish_directory(path, last=bundles.MANIFEST) as folder:
        downloaded = _download(registry, record, folder)
        bundles.load(downloaded)
        for entry in downloaded.iterdir():
            entry.replace(folder / entry.name)
        downloaded.rmdir()
        (folder / MODEL).rmdir()


def _download(registry: RegistryConnection, record: ModelRecord, folder: Path) -> Path:
    from mlflow.exceptions import MlflowException

    try:
        download_files(registry, record.run_id, BUNDLE, folder)
    except (MlflowException, OSError) as error:
        cause = " ".join(str(error).split())[:200]
        raise DataError(
            f"The bundle of version {record.version} of {registry.name} cannot be downloaded from {record.source} "
            f"({cause}); restore the registry's artifacts."
        ) from error
    return folder / BUNDLE
