"""Files of tracked runs: in folders and on servers MLflow keeps them, in a bucket they are put as they are."""

from collections.abc import Iterable
from pathlib import Path, PurePath

from headrace.registry.store import Registry
from headrace.storage import S3Path, files_below, locate


def keep_files(registry: Registry, run_id: str, folder: Path, names: Iterable[str], below: str = "") -> None:
    """Keep the files `names` of `folder`, which is of this machine, with a run, in its folder `below`.

    Raises:
        MlflowException: MLflow cannot.
        StoreError: the store refuses, or does not answer.
    """
    place = _place(registry, run_id)
    for name in names:
        if place:
            (place / below / name).write_bytes((folder / name).read_bytes())
        else:
            into = str(PurePath(below, name).parent)
            registry.client.log_artifact(run_id, str(folder / name), None if into == "." else into)


def bring_files(registry: Registry, run_id: str, below: str, folder: Path) -> None:
    """Put a copy of the files that a run has in its folder `below` into the folder `below` of `folder`.

    Raises:
        MlflowException: MLflow cannot, or has none.
        OSError: the same.
        StoreError: the store refuses, or does not answer.
    """
    place = _place(registry, run_id)
    if place is None:
        from mlflow.artifacts import download_artifacts

        download_artifacts(run_id=run_id, artifact_path=below, dst_path=str(folder), tracking_uri=registry.tracking_uri)
        return
    kept = place / below
    entries = list(files_below(kept))
    if not entries:
        raise FileNotFoundError(2, "no such folder", str(kept))
    for entry in entries:
        file = folder / below / entry.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((kept / entry.path).read_bytes())


def _place(registry: Registry, run_id: str) -> Path | None:
    """In a bucket that no server of MLflow's keeps; None elsewhere, where MLflow needs no library of a store's."""
    place = locate(str(registry.client.get_run(run_id).info.artifact_uri))
    return place if isinstance(place, S3Path) and not registry.is_server else None
