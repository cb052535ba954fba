"""The record that makes a directory a run or a study of this version, and the record of a training run."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from headrace.config import Configuration
from headrace.errors import ConfigurationError
from headrace.record_format import FORMAT, require_format

Record = TypeVar("Record", bound=BaseModel)


def read_record(file: Path, kind: type[Record], what: str, key: str) -> Record | None:
    """What `file` holds; None where there is none.

    Args:
        what: the folder is, such as run.
        key: of the configuration that names the folder.

    Raises:
        ConfigurationError: it holds something that Headrace did not write.
        StoreError: the store refuses, or does not answer.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    require_format(content, f"The {what} {file.parent}", f"name another {key}", ConfigurationError)
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        detail = error.errors()[0]
        raise ConfigurationError(
            f"{file} is not a {what} of this version of Headrace ({detail['loc']}: {detail['msg']}); "
            f"name another {key}."
        ) from None


class RunRecord(BaseModel):
    """What stays the same while a run is continued.

    Attributes:
        data_version: of the table that the run reads.
        ranks: that it began with, whose number scales the learning rate; those that go on may be others.
        global_batch: rows a step over all ranks.
        lanes: of the plan; with the seed they fix the order of the rows.
        steps_per_epoch: on every rank.
        bundle: where the trained model goes; ranks have working folders of their own, so all paths are absolute.
        followed: whether the driver may stop the run.
        threads: of each rank; its part of its machine's cores when None.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    configuration: Configuration
    table: str
    data_version: int
    model_sha256: str
    ranks: int
    global_batch: int
    lanes: int
    steps_per_epoch: int
    epochs: int
    versions: dict[str, str]
    command: str
    created: str
    bundle: str
    followed: bool = False
    threads: int | None = None

    @property
    def total_steps(self) -> int:
        """Of the whole run."""
        return self.steps_per_epoch * self.epochs
