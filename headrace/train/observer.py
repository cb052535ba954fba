"""Following a run from the driver, and stopping it before its end."""

from collections.abc import Callable
from dataclasses import dataclass

from headrace.errors import TrainingError
from headrace.train.launch.messages import Message


class StoppedError(TrainingError):
    """The run was stopped by who followed it; it can be continued from its last checkpoint."""


@dataclass(frozen=True, kw_only=True)
class RunObserver:
    """Who hears of each epoch of a run as soon as it is done.

    Attributes:
        name: of the run, before its lines in the log.
        epoch_done: called with the figures of an epoch, `epoch` counted from 0; True stops the run, within
            `train.log_every_steps` steps of the answer.
        threads: of each rank; its part of its machine's cores when None, which is too many where ranks of other runs
            are on the same machine.
    """

    name: str
    epoch_done: Callable[[Message], bool]
    threads: int | None = None
