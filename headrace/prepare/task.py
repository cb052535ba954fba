"""What the tasks of one preparation know, and the files that each is given."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from headrace.config.sections import Prepare
from headrace.prepare.sources import RawFile

# Records whose split is not decided yet stand in shards of this one.
UNDECIDED = "undecided"
STAGED = "_headrace/staged"


@dataclass(frozen=True, kw_only=True)
class Task:
    """What every task of one preparation knows.

    Attributes:
        identity: of the preparation; begins the name of every file it writes.
        root: the source's folder.
        table: the table's folder.
        labels: number of each class name.
        kind: of the source.
        class_names: by what the source calls them, where that is not their name.
        staged: whether the shards are not final and stand apart.
    """

    identity: str
    root: str
    table: Path
    labels: dict[str, int]
    settings: Prepare
    kind: str = "folder"
    class_names: dict[str, str] = field(default_factory=dict)
    staged: bool = False

    @property
    def shards(self) -> str:
        """The folder of the first stage's shards, relative to the table's."""
        return STAGED if self.staged else "."


class Chunk(NamedTuple):
    """The files of one Spark task."""

    number: int
    files: list[RawFile]
