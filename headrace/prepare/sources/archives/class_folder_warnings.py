"""Warn of folders within archives that are not classes, or that name splits."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from headrace.prepare.encoders.label_normalization import normalize_name
from headrace.prepare.sources.split_names import split_from_name, split_from_path, split_like_names
from headrace.wording import shorten

# The path of a record of an archive: that of the archive, and that in it.
ARCHIVED = re.compile(r"(.*?\.(?:t[a-z0-9]+|tar\.[a-z0-9]+|zip))/(.*)", re.IGNORECASE | re.DOTALL)
# In the path of a record, \x and two digits stand for a byte that is not UTF-8, and \x5c for a backslash before these.
BETWEEN_FOLDERS = re.compile(r"/|\\x5c|\\(?!x[0-9a-f]{2})")


class ClassFolder(NamedTuple):
    """The folder of a member of an archive, which is its class.

    Attributes:
        folder: its path in the archive, without folders named after splits.
        in_split: whether it lies in one of these, or the archive is named after a split.
    """

    archive: str
    folder: str
    label: str
    in_split: bool


def class_folder(path: str, label: str | None) -> ClassFolder | None:
    """Return the class folder of a record of an archive; None if no folder's name is its `label`."""
    archive, *folders = _member_folders(path)
    if label is None or not folders or normalize_name(folders[-1]) != label:
        return None
    above = [one for one in folders[:-1] if split_from_name(one) is None]
    in_split = len(above) < len(folders) - 1 or split_from_path(archive) is not None
    return ClassFolder(archive, "/".join((*above, folders[-1])), label, in_split)


def innermost_folder(path: str) -> str:
    """Return the name of the folder of a record of an archive, as a class has it; empty if it is in none."""
    folders = _member_folders(path)[1:]
    return normalize_name(folders[-1]) if folders else ""


def _member_folders(path: str) -> list[str]:
    """Return the archive of a record, and the folders in it."""
    found = ARCHIVED.fullmatch(path)
    # An archive that is the whole source may have any name.
    archive, member = (found[1], found[2]) if found else path.partition("/")[::2]
    return [archive, *(one for one in BETWEEN_FOLDERS.split(member)[:-1] if one not in ("", "."))]


def member_warnings(folders: Mapping[str, str]) -> list[str]:
    """Return warnings about the folders of archives, of which the innermost are the classes.

    Args:
        folders: the class by the folder in the archive, without folders named after splits.
    """
    parents: dict[str, list[str]] = {}
    for path in sorted(folders):
        above = next((str(one) for one in PurePosixPath(path).parents if str(one) in folders), None)
        if above is not None:
            return [
                f"The folder {path!r} lies in the folder {above!r}, which holds records, too: they are the classes "
                f"{folders[path]!r} and {folders[above]!r}, as the innermost folder is the class."
            ]
        parents.setdefault(folders[path], []).append(path)
    for name, paths in parents.items():
        if len(paths) > 1:
            is_equal = unicodedata.normalize("NFC", paths[0]) == unicodedata.normalize("NFC", paths[1])
            forms = " Their names are equal but for the Unicode form of their letters." if is_equal else ""
            return [
                f"The folders {paths[0]!r} and {paths[1]!r} are one class, {name!r}, as the innermost folder of an "
                f"archive is the class.{forms}"
            ]
    return []


def unused_split_warnings(folders: Iterable[str]) -> list[str]:
    """Return what to say about folders of archives that may be splits, and are neither splits nor classes.

    Args:
        folders: paths of class folders in archives, none of them in a folder named after a split.
    """
    above = dict.fromkeys(name for path in folders for name in path.split("/")[:-1])
    if not (found := split_like_names(above)):
        return []
    return [
        f"In the archives, the folders {shorten(list(map(repr, found)))} look like splits, and prepare.splits splits "
        "their records; folders that are splits are called train, val, test."
    ]
