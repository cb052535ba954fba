"""The plan of a preparation: what its tasks know, what it has to do, and on top of which version."""

import hashlib
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from headrace.config import Configuration
from headrace.config.configuration import Prepare, Source
from headrace.prepare.incremental import Increment, can_append, increment
from headrace.prepare.side_tables import SideTable
from headrace.prepare.sources import Listing, RawFile
from headrace.prepare.sources.spark_table import NO_FILES
from headrace.table import Version
from headrace.table.log import CommitBase, open_base
from headrace.table.rejects import DUPLICATES_SCHEMA, duplicates_path, rejects_path
from headrace.table.rejects import SCHEMA as REJECTS_SCHEMA

# Records whose split is not decided yet stand in shards of this one.
UNASSIGNED = "undecided"
STAGED = "_headrace/staged"
# Raised when the same input would be prepared to other bytes than before.
PREPARATION = 4
# What decides whether a version is accepted, and not what is in it.
ONLY_CHECKS = {"max_rejects", "expectations"}


@dataclass(frozen=True, kw_only=True)
class PrepareContext:
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


def fingerprint(listing: Listing, settings: Prepare) -> str:
    """Of every file's path, size and time, and of all settings that change what is written."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{PREPARATION}\n{listing.root}\n".encode(errors="surrogateescape"))
    digest.update(_written(settings))
    for file in listing.files:
        digest.update("\0".join(map(str, (*file, "\n"))).encode(errors="surrogateescape"))
    return digest.hexdigest()


def append_key(root: str, source: Source, settings: Prepare) -> str:
    """Of the source and of all settings that change what is written: versions of one basis can share shards."""
    digest = hashlib.blake2b(f"{PREPARATION}\n{root}\n".encode(errors="surrogateescape"), digest_size=16)
    # Where secrets are, their names are; a password that is changed does not change what is read.
    digest.update(source.model_dump_json().encode())
    digest.update(_written(settings))
    return digest.hexdigest()


def _written(settings: Prepare) -> bytes:
    """Those settings that change what is written."""
    unused = set() if settings.task == "multi_label" else {"label_separator"}
    return settings.model_dump_json(exclude=ONLY_CHECKS | unused).encode()


@dataclass(frozen=True, kw_only=True)
class PreparePlan:
    """What is to be done, and on top of what.

    Attributes:
        base: of the table, as it was when this began.
        before: its newest version, also where nothing is taken over from it.
        fingerprint: of the source's files and of the settings.
        basis: of the source and of the settings; versions of one basis can share shards.
    """

    configuration: Configuration
    listing: Listing
    base: CommitBase
    before: Version | None
    increment: Increment
    rejects: SideTable
    duplicates: SideTable
    fingerprint: str
    append_key: str


def make_plan(
    configuration: Configuration, listing: Listing, base: CommitBase, before: Version | None, *, full: bool
) -> PreparePlan:
    """What is new, changed or gone since the version `before`; all of it where there is none to build on, or `full`."""
    source, settings = configuration.data.source, configuration.prepare
    mark = append_key(listing.root, source, settings)
    # A window may reach from the rows of one file into those of another.
    apart = source.format != NO_FILES and settings.windows is None
    appends = not full and apart and can_append(before, mark)
    summary = before.summary if before and appends else None
    rejects = SideTable(
        open_base(rejects_path(base.table)), summary.rejects_version if summary else None, REJECTS_SCHEMA
    )
    duplicates = SideTable(
        open_base(duplicates_path(base.table)), summary.duplicates_version if summary else None, DUPLICATES_SCHEMA
    )
    change = Increment(before=None, changed=listing.files)
    if before is not None and appends:
        change = increment(before, listing.files, duplicates, nested=source.kind != "folder")
    return PreparePlan(
        configuration=configuration,
        listing=listing,
        base=base,
        before=before,
        increment=change,
        rejects=rejects,
        duplicates=duplicates,
        fingerprint=fingerprint(listing, settings),
        append_key=mark,
    )


def is_unchanged(work: PreparePlan) -> bool:
    """Whether the version before was made of the same files with the same settings."""
    summary = work.before.summary if work.before else None
    has_files = work.configuration.data.source.format != NO_FILES
    return (
        summary is not None
        and has_files
        and (summary.fingerprint, summary.append_key) == (work.fingerprint, work.append_key)
    )


def make_context(work: PreparePlan) -> PrepareContext:
    """For the tasks; classes that are new get their numbers when they are known."""
    source = work.configuration.data.source
    classes = work.before.contract.classes if work.before else ()
    return PrepareContext(
        identity=uuid.uuid4().hex[:12],
        root=work.listing.root,
        table=work.base.table,
        labels={name: number for number, name in enumerate(classes)},
        settings=work.configuration.prepare,
        kind=source.kind,
        class_names=source.class_names,
        staged=work.configuration.prepare.input == "text",
    )
