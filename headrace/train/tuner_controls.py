"""Observe the epochs of a run, stop it early, and set the threads of its ranks."""

from collections.abc import Callable
from dataclasses import dataclass

from headrace.errors import TrainingError
from headrace.train.launch.rank_message_channel import Message


class StoppedError(TrainingError):
    """The search stopped the run; it can resume from its last checkpoint."""


@dataclass(frozen=True, kw_only=True)
class TunerControls:
    """What a search sets for one training: its name in the log, a stop after any epoch, and the threads of ranks.

    Attributes:
        name: name of the run, the prefix of its log lines.
        epoch_done: called with the metrics of an epoch, `epoch` counted from 0; True stops the run within
            about a second, at the end of a step.
        threads: threads per rank; the rank's share of the cores of its machine when None, which is too many if
            ranks of other runs share the machine.
    """

    name: str
    epoch_done: Callable[[Message], bool]
    threads: int | None = None
