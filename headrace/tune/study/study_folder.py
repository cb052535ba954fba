"""The folder of a study, local or in a bucket: its record, the journal and runs of its trials, and its results.

study.json    the resolved configuration, the data version, the network's hash, the metric that trials are compared by
journal.log   Optuna's journal: parameters, intermediate values and final state of every trial
trials/0007/  the run of a trial, as `headrace train` writes it
report.html   the page
best.yaml     the best trial's configuration
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from headrace.config import Configuration
from headrace.config.sections.tuning import Tune
from headrace.errors import ConfigurationError
from headrace.format_version import NumberedRecord
from headrace.locks.local_or_bucket_folder_lock import lock_or_raise_training_error
from headrace.runs.read_json_records import read_record
from headrace.runs.run_folder import RunFolder
from headrace.storage import locate
from headrace.storage.atomic_files_and_folders import atomic_write


class StudyRecord(NumberedRecord):
    """The record of a study, which stays the same when the study is resumed.

    Attributes:
        table_id: identifier of the table that all trials read, which stays when the table is moved or copied.
        data_version: version of the table that all trials read.
        content_id: identifier of the shards of that version; empty if unknown.
        metric: name of the epoch metric that trials are compared by.
        direction: direction in which the metric improves.
    """

    configuration: Configuration
    model_sha256: str
    table_id: str
    data_version: int
    content_id: str = ""
    metric: str
    direction: Literal["minimize", "maximize"]
    created: str
    command: str

    @property
    def tune(self) -> Tune:
        """Settings of the study.

        Raises:
            ConfigurationError: the configuration has no section `tune`.
        """
        if self.configuration.tune is None:
            raise ConfigurationError(
                "The configuration has no section `tune`; add one with the folder `study` and with `space`."
            )
        return self.configuration.tune


class StudyFolder:
    """The paths of a study's folder, its lock and its record."""

    def __init__(self, path: str | Path) -> None:
        self.path = locate(path).absolute()
        self.record_file = self.path / "study.json"
        self.trials = self.path / "trials"
        self.report = self.path / "report.html"
        self.best = self.path / "best.yaml"

    def run(self, number: int) -> RunFolder:
        """Return the run folder of the trial with this number."""
        return RunFolder(self.trials / f"{number:04d}")

    def locked(self) -> AbstractContextManager[None]:
        """Lock the study for this process.

        Raises:
            TrainingError: another process has locked the study.
        """
        return lock_or_raise_training_error(self.path, "tune", f"study {self.path} is being run", "tune.study")

    def record(self) -> StudyRecord | None:
        """Return the record of the study; None if the folder contains no study yet.

        Raises:
            ConfigurationError: the folder contains a study.json that Headrace did not write.
        """
        return read_record(self.record_file, StudyRecord, "study", "tune.study")

    def write_record(self, record: StudyRecord) -> None:
        """Write the record, which makes the folder a study."""
        atomic_write(self.record_file, record.model_dump_json(indent=2).encode())
