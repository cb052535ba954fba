"""A study is a folder, also of a bucket: what was asked for, the journal of its trials, their runs, what came of it.

study.json    the resolved configuration, the data version, the network's hash, what trials are compared by
journal.log   Optuna's journal: every value, figure and ending of every trial
trials/0007/  the run of a trial, as `headrace train` writes it
report.html   the page
best.yaml     the best trial's configuration
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from headrace.config import Configuration
from headrace.config.sections.tuning import Tune
from headrace.errors import ConfigurationError
from headrace.locks.folder import lock_for_training
from headrace.record_format import FORMAT
from headrace.runs.folder import RunFolder
from headrace.runs.record import read_record
from headrace.storage import locate
from headrace.storage.atomic import atomic_write


class StudyRecord(BaseModel):
    """What stays the same while a study is continued.

    Attributes:
        data_version: of the table that all trials read.
        metric: by which they are compared, as an epoch's figures name it.
        direction: in which it is better.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    configuration: Configuration
    model_sha256: str
    data_version: int
    metric: str
    direction: Literal["minimize", "maximize"]
    created: str
    command: str

    @property
    def tune(self) -> Tune:
        """The settings of the study.

        Raises:
            ConfigurationError: there are none.
        """
        if self.configuration.tune is None:
            raise ConfigurationError("The configuration has no section `tune`, which says what is to be searched.")
        return self.configuration.tune


class StudyFolder:
    """Paths in a study's folder, and the files that tell what it is."""

    def __init__(self, path: str | Path) -> None:
        self.path = locate(path).absolute()
        self.record_file = self.path / "study.json"
        self.trials = self.path / "trials"
        self.report = self.path / "report.html"
        self.best = self.path / "best.yaml"

    def run(self, number: int) -> RunFolder:
        """The run of the trial with this number."""
        return RunFolder(self.trials / f"{number:04d}")

    def locked(self) -> AbstractContextManager[None]:
        """Hold the study for this process.

        Raises:
            TrainingError: another process holds it.
        """
        return lock_for_training(self.path, "tune", f"study {self.path} is worked on", "tune.study")

    def record(self) -> StudyRecord | None:
        """What the study began with; None where it has not begun.

        Raises:
            ConfigurationError: the folder holds a study.json that Headrace did not write.
        """
        return read_record(self.record_file, StudyRecord, "study", "tune.study")

    def keep(self, record: StudyRecord) -> None:
        """Write the record; it makes the folder a study."""
        atomic_write(self.record_file, record.model_dump_json(indent=2).encode())
