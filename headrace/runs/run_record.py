"""The record of a run: what must stay the same when it is resumed."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from headrace.bundle import TrainingData
from headrace.config import Configuration
from headrace.errors import DataError
from headrace.format_version import NumberedRecord, require_format

Record = TypeVar("Record", bound=BaseModel)

MAX_LOG_INTERVAL = 10
MIN_ENTRIES_PER_EPOCH = 4


class Continuation(BaseModel):
    """Another `train.epochs`, with which a run continued.

    Attributes:
        epochs: epochs of the run before.
        complete: whether the run was complete before; if not, its schedule changed in the middle.
    """

    epochs: int
    complete: bool


class RunRecord(NumberedRecord):
    """The constants of a training run, which stay the same when it resumes.

    Attributes:
        table: absolute path of the table.
        table_id: identifier of the table's content, which stays when the table is moved or copied.
        data_version: version of the table that the run reads.
        content_id: identifier of the shards of that version; empty if unknown.
        ranks: number of ranks at the start of the run, which scales the learning rate; a resumed run may use another.
        global_batch: rows per step over all ranks.
        lanes: number of lanes of the plan; together with the seed they fix the order of the rows.
        steps_per_epoch: steps per epoch, equal on all ranks.
        bundle: absolute path of the trained model, because ranks have their own working directories.
        observed: whether the driver may stop the run early.
        threads: threads per rank; the rank's share of the cores of its machine when None.
        continuations: how the run came to its epochs, if they were others at the start; the oldest first.
        ancestors: training data of the initial weights; recorded, as the pretrained bundle may change later.
    """

    configuration: Configuration
    table: str
    table_id: str
    data_version: int
    content_id: str = ""
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
    observed: bool = False
    threads: int | None = None
    continuations: tuple[Continuation, ...] = ()
    ancestors: tuple[TrainingData, ...] = ()

    @property
    def total_steps(self) -> int:
        """Return the number of steps of the whole run."""
        return self.steps_per_epoch * self.epochs

    @property
    def log_every_steps(self) -> int:
        """Return the steps between two entries of the metrics log; by default a short epoch has some too."""
        default = max(1, min(MAX_LOG_INTERVAL, self.steps_per_epoch // MIN_ENTRIES_PER_EPOCH))
        return self.configuration.train.log_every_steps or default


def load_record(run: Path) -> RunRecord:
    """Return the record of the run in the folder `run`, to look at it rather than to resume it.

    Raises:
        DataError: run.json is missing, damaged or of another format.
        StoreError: the store denies access or does not respond.
    """
    file = run / "run.json"
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{run} is not the folder of a run: it contains no run.json.") from None
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}.") from None
    require_format(content, f"The run {run}", "train it again", DataError)
    try:
        return RunRecord.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise DataError(
            f"{file} is damaged{f' at `{field}`' if field else ''}: {first['msg'].lower()}; train the run again."
        ) from None
