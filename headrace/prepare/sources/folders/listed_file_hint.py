"""Suggest similar paths where a file that a table or labels file names does not exist.

Paths are often written on another system: with backslashes, percent escapes, another case or Unicode form, without
their suffix, or with folders above the source's.
"""

import os
import unicodedata
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote

from headrace.storage import is_remote, locate
from headrace.wording import escape_path

# A larger folder is searched among its first entries only.
MAX_ENTRIES = 200_000


def near_hint(root: str, path: str) -> str:
    """Return the continuation of a sentence about a missing file that names a similar path; empty without one.

    Stores are not searched, as each missing file would be one more request.
    """
    near = None if is_remote(locate(root)) or "\0" in path else _near_path(root, path)
    if near is None:
        return ""
    # Two Unicode forms of one name look the same.
    look_same = unicodedata.normalize("NFC", near) == unicodedata.normalize("NFC", path)
    show = ascii if look_same else repr
    return f", but there is {show(escape_path(near))}" + (f" and not {show(escape_path(path))}" if look_same else "")


def _near_path(root: str, path: str) -> str | None:
    """Return the existing file, relative to `root`, that is nearest to `path`; None if none is near."""
    for spelling in dict.fromkeys((path.replace("\\", "/"), unquote(path).replace("\\", "/"))):
        parts = [part for part in spelling.split("/") if part not in ("", ".")]
        if ".." in parts:
            continue
        for begin in range(len(parts)):
            found = _follow(root, parts[begin:])
            if found is not None:
                return found
    return None


def _follow(root: str, parts: list[str]) -> str | None:
    found: list[str] = []
    for number, part in enumerate(parts, 1):
        folder = os.path.join(root, *found)
        name = part if os.path.lexists(os.path.join(folder, part)) else _find(folder, part, file=number == len(parts))
        if name is None:
            return None
        found.append(name)
    return "/".join(found) if os.path.isfile(os.path.join(root, *found)) else None


def _find(folder: str, name: str, *, file: bool) -> str | None:
    try:
        names, stems = _entries(folder, os.stat(folder).st_mtime_ns)
    except OSError:
        return None
    found = names.get(_folded(name))
    return found or stems.get(_folded(name)) or stems.get(_folded(os.path.splitext(name)[0])) if file else found


@lru_cache(maxsize=4)
def _entries(folder: str, changed: int) -> tuple[dict[str, str], dict[str, str]]:
    """Return the names in a folder by what they have in common with near ones, with and without their suffixes.

    Args:
        changed: time of its last change, part of the key of what is remembered.
    """
    with os.scandir(folder) as entries:
        found = sorted((one.name for one in islice(entries, MAX_ENTRIES)), reverse=True)
    return {_folded(one): one for one in found}, {_folded(os.path.splitext(one)[0]): one for one in found}


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().strip()
