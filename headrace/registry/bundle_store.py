"""Bundles of versions in the registry's folder, byte for byte as they were registered, and the one that serves."""

import logging
from pathlib import Path

from headrace import bundle as bundles
from headrace.errors import DataError
from headrace.registry.store import Registry
from headrace.registry.tracking.artifacts import bring_files
from headrace.registry.versions import BUNDLE, ModelRecord
from headrace.storage.atomic import publish_directory
from headrace.storage.link import read_link, write_link

log = logging.getLogger(__name__)


def stored_bundle(registry: Registry, record: ModelRecord) -> Path:
    """The bundle of a version; brought from what is tracked where it is not in the folder, or was changed there.

    Raises:
        DataError: the registry's own copy is missing or damaged.
    """
    place = registry.folder / "bundles" / f"{record.version:06d}"
    if not _is_whole(place, record):
        log.info("Bringing version %s of %s from the registry", record.version, registry.name)
        _bring(registry, record, place)
    return place


def _is_whole(place: Path, record: ModelRecord) -> bool:
    try:
        return bundles.load(place).origin.weights_sha256 == record.weights_sha256
    except DataError:
        return False


def _bring(registry: Registry, record: ModelRecord, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with publish_directory(place, last=bundles.MANIFEST) as folder:
        brought = _brought(registry, record, folder)
        bundles.load(brought)
        for entry in brought.iterdir():
            entry.replace(folder / entry.name)
        brought.rmdir()


def _brought(registry: Registry, record: ModelRecord, folder: Path) -> Path:
    from mlflow.exceptions import MlflowException

    try:
        bring_files(registry, record.run_id, BUNDLE, folder)
    except (MlflowException, OSError) as error:
        sentence = " ".join(str(error).split())[:200]
        raise DataError(
            f"The bundle of version {record.version} of {registry.name} cannot be brought from {record.source} "
            f"({sentence}); restore the registry's artifacts."
        ) from error
    return folder / BUNDLE


def champion_link(registry: Registry) -> Path:
    """Where the champion's bundle is for those who only know the folder; a link, so that it changes at once."""
    return registry.folder / "champion"


def champion_bundle(registry: Registry) -> Path:
    """The folder of the bundle that serves now."""
    return read_link(champion_link(registry)) or champion_link(registry)


def point_champion(registry: Registry, bundle: Path) -> None:
    """Let `champion` be `bundle`; readers find the one before or this one, whole."""
    write_link(champion_link(registry), bundle)


def linked_bundle(registry: Registry) -> int | None:
    """The version whose bundle `champion` is; None where it is none."""
    place = read_link(champion_link(registry))
    return int(place.name) if place and place.name.isdecimal() else None
