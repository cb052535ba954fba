"""Check that the registry's database is intact and knows every stored version.

MLflow creates a database where it finds none, and would number the versions from 1 again.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from headrace.errors import DataError
from headrace.storage.folder_link import read_link

BUNDLES, CHAMPION_LINK, ARTIFACTS = "bundles", "champion", "artifacts"
RESTORE = "restore the file from a backup, or rebuild it with `headrace models repair`"


class RegistryDamagedError(DataError):
    """The database of a registry is missing, damaged, or older than the registry's folders."""


def stored_versions(folder: Path) -> set[int]:
    """Return the versions whose bundles are in the registry's folder, and the one that the champion link names."""
    bundles = folder / BUNDLES
    names = [entry.name for entry in bundles.iterdir()] if bundles.is_dir() else []
    link = read_link(folder / CHAMPION_LINK)
    return {int(name) for name in (*names, link.name if link else "") if name.isdecimal()}


def require_used_database(file: Path, exists: bool, folder: Path) -> None:
    """Raise if the registry's database is missing although the registry's folder was used.

    Args:
        exists: whether there is a database that is not empty.

    Raises:
        RegistryDamagedError: the folder holds bundles or artifacts.
    """
    used = [name for name in (BUNDLES, ARTIFACTS) if (folder / name).is_dir() and any((folder / name).iterdir())]
    if not exists and used:
        raise RegistryDamagedError(
            f"The registry's database {file} is missing or empty, but {folder / used[0]} holds files of earlier "
            f"versions; {RESTORE}."
        )


def has_content(file: Path) -> bool:
    """Return whether the file exists and is not empty."""
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:
        return False


def require_intact(file: Path, shown: Path) -> None:
    """Raise unless the local `file` is a SQLite database without damage.

    Args:
        shown: path of the database in the message.

    Raises:
        RegistryDamagedError: it is damaged or cannot be opened.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=60)) as database:
            (state,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        state = "ok" if "locked" in str(error) else str(error)
    if state != "ok":
        cause = " ".join(str(state).split())[:200]
        raise RegistryDamagedError(f"The registry's database {shown} cannot be read ({cause}); {RESTORE}.")


def require_known(name: str, registry: str, folder: Path, stored: set[int], known: Iterable[int]) -> None:
    """Raise if the registry does not know a version that its folder holds.

    Raises:
        RegistryDamagedError: it does not know one.
    """
    missing = ", ".join(map(str, sorted(stored - set(known))))
    if missing:
        raise RegistryDamagedError(
            f"The registry at {registry} does not know version {missing} of {name}, which {folder} holds, so its "
            f"database is not the one that belongs to the folder; {RESTORE}. If you have deleted the version or "
            f"changed registry.model, move {folder / BUNDLES} and {folder / CHAMPION_LINK} away."
        )
