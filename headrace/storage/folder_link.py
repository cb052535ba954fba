"""Links to folders: a symbolic link locally, an object with the relative path in a bucket."""

import os
import uuid
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from headrace.storage.parse_location import is_remote


class _Link(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    link: str


def write_link(link: Path, folder: Path) -> None:
    """Point `link` atomically to `folder`, which is below the link's parent; readers see the old or the new target.

    Raises:
        StoreError: the store refuses the request, or does not respond.
    """
    # The link is relative, so that the parent folder can be moved, copied or mounted elsewhere.
    if is_remote(link):
        link.write_bytes(_Link(link=str(folder.relative_to(link.parent))).model_dump_json().encode())
        return
    temporary = link.with_name(f".{link.name}.{uuid.uuid4().hex[:12]}")
    temporary.symlink_to(os.path.relpath(folder, link.parent))
    temporary.replace(link)


def read_link(link: Path) -> Path | None:
    """Return the target of `link`, which need not exist; None if `link` is not a link.

    Raises:
        StoreError: the store refuses the request, or does not respond.
    """
    if not is_remote(link):
        return link.parent / link.readlink() if link.is_symlink() else None
    try:
        return link.parent / _Link.model_validate_json(link.read_bytes()).link
    except (FileNotFoundError, ValidationError):
        return None
