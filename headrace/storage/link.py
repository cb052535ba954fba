"""A name that stands for a folder: a symbolic link, or in a bucket an object that says where the folder is."""

import os
import uuid
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from headrace.storage.location import is_remote


class _Link(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    link: str


def write_link(link: Path, folder: Path) -> None:
    """Let `link` stand for `folder`, which is beside it or below: readers find the one before or this one, whole.

    Raises:
        StoreError: the store refuses, or does not answer.
    """
    # Relative, so that what holds both can be moved, copied, or mounted elsewhere.
    if is_remote(link):
        link.write_bytes(_Link(link=str(folder.relative_to(link.parent))).model_dump_json().encode())
        return
    temporary = link.with_name(f".{link.name}.{uuid.uuid4().hex[:12]}")
    temporary.symlink_to(os.path.relpath(folder, link.parent))
    temporary.replace(link)


def read_link(link: Path) -> Path | None:
    """The folder that `link` stands for, which need not be there; None where it is no link.

    Raises:
        StoreError: the store refuses, or does not answer.
    """
    if not is_remote(link):
        return link.parent / link.readlink() if link.is_symlink() else None
    try:
        return link.parent / _Link.model_validate_json(link.read_bytes()).link
    except (FileNotFoundError, ValidationError):
        return None
