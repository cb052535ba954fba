"""Optuna's storage of a study: a journal in the study's folder, with one line per event.

An append-only file survives a killed process and needs neither a server nor file locks, which SQLite needs and shared
file systems often lack. The lock of the study's folder makes this process the only writer, so the journal needs no
lock of its own, which a killed process would leave behind.
"""

from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.pruners import BasePruner
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

# Hyperband assigns trials to its brackets by this name and their numbers.
NAME = "headrace"
JOURNAL = "journal.log"


def open_study(journal: Path, direction: Literal["minimize", "maximize"], pruner: BasePruner) -> optuna.Study:
    """Open the study stored in the file `journal`, or create it. The study's folder must be locked."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    _truncate_partial_line(journal)
    storage = JournalStorage(_JournalFile(str(journal), lock_obj=_NoLock(str(journal))))
    return optuna.create_study(
        storage=storage, study_name=NAME, direction=direction, pruner=pruner, load_if_exists=True
    )


class _JournalFile(JournalFileBackend):
    """A journal whose errors name its file, as the message about a full disk needs it."""

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append events.

        Raises:
            OSError: the file cannot be written.
        """
        try:
            super().append_logs(logs)
        except OSError as error:
            error.filename = error.filename or self._file_path
            raise


class _NoLock(JournalFileOpenLock):
    """A lock that does nothing, for a journal that only this process writes."""

    def acquire(self) -> bool:
        """Return True: no other process writes the journal."""
        return True

    def release(self) -> None:
        """Do nothing: no lock was acquired."""


def _truncate_partial_line(journal: Path) -> None:
    """Remove an incomplete last line, as a full disk may leave: lines appended to it would not be read."""
    if not journal.exists():
        return
    with journal.open("rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
