"""Artifact files of tracked runs: through MLflow in local folders and on servers, directly in object storage."""

from collections.abc import Iterable
from pathlib import Path, PurePath

from headrace.registry.registry_connection import RegistryConnection
from headrace.storage import ObjectPath, files_below, locate


def upload_files(
    registry: RegistryConnection, run_id: str, folder: Path, names: Iterable[str], prefix: str = ""
) -> None:
    """Upload the files `names` of the local folder `folder` as artifacts of a run, under the folder `prefix`.

    Raises:
        MlflowException: MLflow cannot store a file.
        StoreError: the object store refuses the request or does not respond.
    """
    artifacts = _remote_artifacts(registry, run_id)
    for name in names:
        if artifacts:
            (artifacts / prefix / name).write_bytes((folder / name).read_bytes())
        else:
            parent = str(PurePath(prefix, name).parent)
            registry.client.log_artifact(run_id, str(folder / name), None if parent == "." else parent)


def download_files(registry: RegistryConnection, run_id: str, prefix: str, folder: Path) -> None:
    """Download the artifacts of a run under the folder `prefix` to the folder `prefix` of `folder`.

    Raises:
        MlflowException: MLflow cannot download the artifacts, or has none.
        OSError: a file cannot be read or written, or the run has no such artifacts.
        StoreError: the object store refuses the request or does not respond.
    """
    artifacts = _remote_artifacts(registry, run_id)
    if artifacts is None:
        from mlflow.artifacts import download_artifacts

        # MLflow gives the copy the last part of the path as its name.
        target = str((folder / prefix).parent)
        download_artifacts(run_id=run_id, artifact_path=prefix, dst_path=target, tracking_uri=registry.tracking_uri)
        return
    source = artifacts / prefix
    entries = list(files_below(source))
    if not entries:
        raise FileNotFoundError(2, "no such folder", str(source))
    for entry in entries:
        file = folder / prefix / entry.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((source / entry.path).read_bytes())


def _remote_artifacts(registry: RegistryConnection, run_id: str) -> Path | None:
    """Return the run's artifact folder if it is in a bucket that no MLflow server manages, otherwise None.

    Such a folder is accessed directly, so that MLflow needs no client library of the object store.
    """
    path = locate(str(registry.client.get_run(run_id).info.artifact_uri))
    return path if isinstance(path, ObjectPath) and not registry.is_server else None
