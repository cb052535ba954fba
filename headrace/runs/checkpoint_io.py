"""Write and read the files of checkpoints: readers see a checkpoint only when it is complete.

On a file system it is written to a temporary directory, synced to disk and renamed. A store has no rename: there the
state is put first, under a name that contains its hash, and then the position, which names it and completes it.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from headrace.storage import is_remote
from headrace.storage.atomic_files_and_folders import atomic_directory, remove_tree

STATE = "state.npz"
POSITION = "position.json"


def write_files(checkpoint: Path, state: bytes, position: dict[str, Any]) -> None:
    """Write a checkpoint; replace an existing one.

    Raises:
        OSError: it cannot be written; an existing checkpoint at the path and all other checkpoints are unchanged.
        StoreError: the same, on a store.
    """
    position = position | {"sha256": hashlib.sha256(state).hexdigest(), "bytes": len(state)}
    if is_remote(checkpoint):
        position["state"] = f"state-{position['sha256'][:16]}.npz"
        (checkpoint / position["state"]).write_bytes(state)
        (checkpoint / POSITION).write_bytes(json.dumps(position).encode())
    else:
        _write_directory(checkpoint, {STATE: state, POSITION: json.dumps(position).encode()})


def read_files(checkpoint: Path) -> tuple[bytes, dict[str, Any]]:
    """Return state and position, after the state's hash is verified.

    Raises:
        OSError: a file is missing.
        ValueError: a file is damaged.
        KeyError: the position lacks an entry.
        StoreError: the store denies access or does not respond.
    """
    position = json.loads((checkpoint / POSITION).read_bytes())
    state = (checkpoint / position.get("state", STATE)).read_bytes()
    if hashlib.sha256(state).hexdigest() != position["sha256"]:
        raise ValueError("the state has another hash")
    return state, position


def newest_first(folder: Path) -> list[Path]:
    """Return the complete checkpoints in `folder`, newest first."""
    return sorted((position.parent for position in folder.glob(f"step-*/{POSITION}")), reverse=True)


def newest_step(folder: Path) -> int:
    """Return the step of the newest complete checkpoint in `folder`; 0 without one."""
    checkpoints = newest_first(folder)
    return int(checkpoints[0].name.removeprefix("step-")) if checkpoints else 0


def remove_all_but(folder: Path, kept: list[Path]) -> None:
    """Remove all other checkpoints, incomplete ones included; only one rank writes here."""
    for other in folder.iterdir():
        if other.name.startswith("step-") and other not in kept:
            remove_tree(other)


def _write_directory(checkpoint: Path, files: dict[str, bytes]) -> None:
    _remove_unfinished(checkpoint.parent)
    with atomic_directory(checkpoint) as folder:
        for name, data in files.items():
            _write(folder / name, data)
    _sync_directory(checkpoint.parent)


def _remove_unfinished(folder: Path) -> None:
    """Remove the partial checkpoints of a killed rank."""
    for unfinished in folder.glob(".step-*"):
        shutil.rmtree(unfinished, ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
