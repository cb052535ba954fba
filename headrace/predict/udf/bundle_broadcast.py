"""Share a bundle with tasks: by its path if they can read it, else by a broadcast unpacked once per machine."""

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from headrace.bundle import MANIFEST, Bundle
from headrace.errors import DataError
from headrace.predict.predict_task import manifest_hash
from headrace.spark.session import is_local
from headrace.storage import is_remote, locate

MAX_BYTES = 512 * 2**20


@dataclass(frozen=True)
class SharedBundle:
    """A bundle that tasks load from its address or from a broadcast.

    Attributes:
        path: its address.
        manifest: `manifest_hash` of the bundle that the driver loaded.
        files: a broadcast of its files by name; None if tasks see the address, or the files are too large.
    """

    path: str
    manifest: str
    files: Any = None

    def folder(self) -> Path:
        """Return the folder of the bundle on the machine of this task.

        Raises:
            DataError: the bundle was replaced, or this machine does not see it and it is too large for a broadcast.
        """
        path, found = locate(self.path), None
        with suppress(OSError):
            found = manifest_hash(path)
        if found == self.manifest:
            return path
        if self.files is not None:
            return unpack_bundle(self.files.value, self.manifest)
        if found is not None:
            raise DataError(f"The bundle {path} was replaced after it was loaded; load it again.")
        raise DataError(
            f"Executors do not see the bundle {path}; put it on storage that they share, such as s3://bucket/folder."
        )


def share_bundle(bundle: Bundle, spark: SparkSession | None) -> SharedBundle:
    """Return a bundle that tasks of `spark` can load; broadcast it if they may not see its folder."""
    shared = SharedBundle(str(bundle.path), manifest_hash(bundle.folder))
    if spark is None or is_local(spark) or is_remote(bundle.path):
        return shared
    files = [bundle.folder / name for name in bundle.files]
    if sum(file.stat().st_size for file in files) > MAX_BYTES:
        return shared
    content = {file.name: file.read_bytes() for file in files}
    return SharedBundle(shared.path, shared.manifest, spark.sparkContext.broadcast(content))


def unpack_bundle(files: dict[str, bytes], manifest: str) -> Path:
    """Write the files of a bundle into a folder that only this user can write, unless it is there already.

    Args:
        manifest: `manifest_hash` of the bundle, which names the folder.

    Raises:
        DataError: other users can write there.
    """
    # The hashes of the files are verified when the bundle is loaded from it.
    root = Path(tempfile.gettempdir()) / f"headrace-bundles-{os.getuid()}"
    root.mkdir(mode=0o700, exist_ok=True)
    status = root.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o022 or root.is_symlink():
        raise DataError(f"The folder {root} can be written by other users; remove it.")
    target = root / manifest
    if _is_complete(target, manifest):
        return target
    with tempfile.TemporaryDirectory(dir=root) as scratch:
        folder = Path(scratch) / manifest
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        try:
            folder.rename(target)
        except OSError:
            # Another task of this machine was faster.
            if not _is_complete(target, manifest):
                raise
    return target


def _is_complete(folder: Path, manifest: str) -> bool:
    return (folder / MANIFEST).is_file() and manifest_hash(folder) == manifest
