"""The files of checkpoints: each checkpoint is a folder that is whole, or that no reader takes for one.

On a file system it is written aside, forced to disk, and renamed. A store has no renaming: there the state is put
first, under a name with its hash, and then the position, which names it and makes it whole.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from headrace.storage import is_remote
from headrace.storage.atomic import atomic_directory
from headrace.storage.remove_tree import remove_tree

STATE = "state.npz"
POSITION = "position.json"


def write_files(checkpoint: Path, state: bytes, position: dict[str, Any]) -> None:
    """Write a checkpoint; one that is there is replaced.

    Raises:
        OSError: it cannot be written; what was there before still is, as is every other checkpoint.
        StoreError: the same, on a store.
    """
    position = position | {"sha256": hashlib.sha256(state).hexdigest(), "bytes": len(state)}
    if is_remote(checkpoint):
        position["state"] = f"state-{position['sha256'][:16]}.npz"
        (checkpoint / position["state"]).write_bytes(state)
        (checkpoint / POSITION).write_bytes(json.dumps(position).encode())
    else:
        _write_aside(checkpoint, {STATE: state, POSITION: json.dumps(position).encode()})


def read_files(checkpoint: Path) -> tuple[bytes, dict[str, Any]]:
    """State and position, compared with the hash.

    Raises:
        OSError: a file is missing.
        ValueError: one is damaged.
        KeyError: the same.
        StoreError: the store refuses, or does not answer.
    """
    position = json.loads((checkpoint / POSITION).read_bytes())
    state = (checkpoint / position.get("state", STATE)).read_bytes()
    if hashlib.sha256(state).hexdigest() != position["sha256"]:
        raise ValueError("the state has another hash")
    return state, position


def newest_first(folder: Path) -> list[Path]:
    """The checkpoints in `folder` that were written to their end."""
    return sorted((position.parent for position in folder.glob(f"step-*/{POSITION}")), reverse=True)


def remove_all_but(folder: Path, kept: list[Path]) -> None:
    """Remove every other checkpoint, also one that was not written to its end; only one rank writes here."""
    for other in folder.iterdir():
        if other.name.startswith("step-") and other not in kept:
            remove_tree(other)


def _write_aside(checkpoint: Path, files: dict[str, bytes]) -> None:
    _forget_unfinished(checkpoint.parent)
    with atomic_directory(checkpoint) as folder:
        for name, data in files.items():
            _write(folder / name, data)
    _force(checkpoint.parent)


def _forget_unfinished(folder: Path) -> None:
    """Remove what a rank that was killed left half written."""
    for unfinished in folder.glob(".step-*"):
        shutil.rmtree(unfinished, ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _force(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
