"""Optuna's storage of a study: its journal, one line an event, in the study's folder.

A file that is only ever appended to survives a process that is killed, needs no server and no locks of a database,
which shared folders often lack; SQLite needs them. The folder's own lock makes this process the only one that writes,
so the journal needs none of its own, which a killed process would leave behind.
"""

from pathlib import Path
from typing import Literal

import optuna
from optuna.pruners import BasePruner
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

# Hyperband deals trials to its brackets by this name and their numbers.
NAME = "headrace"
# The file's.
JOURNAL = "journal.log"


def open_study(journal: Path, direction: Literal["minimize", "maximize"], pruner: BasePruner) -> optuna.Study:
    """The study kept in the file `journal`; a new one where there is none. The folder must be locked."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    _forget_half_a_line(journal)
    storage = JournalStorage(JournalFileBackend(str(journal), lock_obj=_NobodyElse(str(journal))))
    return optuna.create_study(
        storage=storage, study_name=NAME, direction=direction, pruner=pruner, load_if_exists=True
    )


class _NobodyElse(JournalFileOpenLock):
    """The lock of a journal that only this process writes."""

    def acquire(self) -> bool:
        """Nobody else has it."""
        return True

    def release(self) -> None:
        """There is nothing to let go of."""


def _forget_half_a_line(journal: Path) -> None:
    """A full disk may leave the last line unfinished; what comes after it would then not be read."""
    if not journal.exists():
        return
    with journal.open("rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
