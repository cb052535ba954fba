"""One rank of a run: what it trains, with whom, and on what."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras

from headrace.storage.growing import Growing
from headrace.table import Version
from headrace.train.compiled import Compiled
from headrace.train.run_folder import RunFolder, RunRecord

if TYPE_CHECKING:
    from headrace.train.rank import Channel


@dataclass(frozen=True)
class OneRank:
    """What the parts of a training on one rank share.

    Attributes:
        files: of the run that grow.
    """

    folder: RunFolder
    record: RunRecord
    version: Version
    compiled: Compiled
    rank: int
    world_size: int
    channel: "Channel"
    files: Growing

    @property
    def model(self) -> keras.Model:
        """The same on every rank."""
        return self.compiled.model
