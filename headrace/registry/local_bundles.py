"""Bundles of versions on this machine, as the registry keeps them, byte for byte."""

import logging
import os
import tempfile
import uuid
from pathlib import Path

from headrace import bundle as bundles
from headrace.errors import DataError
from headrace.registry.store import Registry
from headrace.registry.versions import BUNDLE, ModelRecord
from headrace.whole_folder import whole_folder

log = logging.getLogger(__name__)


def local_bundle(registry: Registry, record: ModelRecord) -> Path:
    """The bundle of a version; brought from the registry where it is not here, or was changed here.

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
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".bringing-") as aside:
        brought = _downloaded(registry, record, Path(aside))
        bundles.load(brought)
        with whole_folder(place) as folder:
            for entry in brought.iterdir():
                entry.replace(folder / entry.name)


def _downloaded(registry: Registry, record: ModelRecord, aside: Path) -> Path:
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        download_artifacts(run_id=record.run_id, artifact_path=BUNDLE, dst_path=str(aside), tracking_uri=registry.uri)
    except (MlflowException, OSError) as error:
        sentence = " ".join(str(error).split())[:200]
        raise DataError(
            f"The bundle of version {record.version} of {registry.name} cannot be brought from {record.source} "
            f"({sentence}); restore the registry's artifacts."
        ) from error
    return aside / BUNDLE


def serving(registry: Registry) -> Path:
    """Where the champion's bundle is for those who only know the folder; a link, so that it changes at once."""
    return registry.folder / "champion"


def serve(registry: Registry, bundle: Path) -> None:
    """Let `champion` be `bundle`; readers find the one before or this one, whole."""
    link = serving(registry)
    temporary = link.with_name(f".champion.{uuid.uuid4().hex[:12]}")
    # Relative, so that the registry's folder can be moved or mounted elsewhere.
    temporary.symlink_to(os.path.relpath(bundle, link.parent))
    temporary.replace(link)


def served(registry: Registry) -> int | None:
    """The version whose bundle `champion` is; None where it is none."""
    link = serving(registry)
    name = link.readlink().name if link.is_symlink() else ""
    return int(name) if name.isdecimal() else None
