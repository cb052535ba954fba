"""What a preparation has to do, and on top of which version."""

import uuid
from dataclasses import dataclass

from headrace.config import Configuration
from headrace.prepare.beside import BesideTable
from headrace.prepare.fingerprint import basis, fingerprint
from headrace.prepare.increment import Increment, can_append, increment
from headrace.prepare.sources import Listing
from headrace.prepare.sources.frame import NO_FILES
from headrace.prepare.task import Task
from headrace.table import Version
from headrace.table.log import Base, open_base
from headrace.table.rejects import DUPLICATES_SCHEMA, duplicates_path, rejects_path
from headrace.table.rejects import SCHEMA as REJECTS_SCHEMA


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is to be done, and on top of what.

    Attributes:
        base: of the table, as it was when this began.
        before: its newest version, also where nothing is taken over from it.
        fingerprint: of the source's files and of the settings.
        basis: of the source and of the settings; versions of one basis can share shards.
    """

    configuration: Configuration
    listing: Listing
    base: Base
    before: Version | None
    increment: Increment
    rejects: BesideTable
    duplicates: BesideTable
    fingerprint: str
    basis: str


def work_of(configuration: Configuration, listing: Listing, base: Base, before: Version | None, *, full: bool) -> Work:
    """What is new, changed or gone since the version `before`; all of it where there is none to build on, or `full`."""
    source, settings = configuration.data.source, configuration.prepare
    mark = basis(listing.root, source, settings)
    # A window may reach from the rows of one file into those of another.
    apart = source.format != NO_FILES and settings.windows is None
    appends = not full and apart and can_append(before, mark)
    summary = before.summary if before and appends else None
    rejects = BesideTable(
        open_base(rejects_path(base.table)), summary.rejects_version if summary else None, REJECTS_SCHEMA
    )
    duplicates = BesideTable(
        open_base(duplicates_path(base.table)), summary.duplicates_version if summary else None, DUPLICATES_SCHEMA
    )
    change = Increment(before=None, fresh=listing.files)
    if before is not None and appends:
        change = increment(before, listing.files, duplicates, nested=source.kind != "folder")
    return Work(
        configuration=configuration,
        listing=listing,
        base=base,
        before=before,
        increment=change,
        rejects=rejects,
        duplicates=duplicates,
        fingerprint=fingerprint(listing, settings),
        basis=mark,
    )


def is_unchanged(work: Work) -> bool:
    """Whether the version before was made of the same files with the same settings."""
    summary = work.before.summary if work.before else None
    has_files = work.configuration.data.source.format != NO_FILES
    return summary is not None and has_files and (summary.fingerprint, summary.basis) == (work.fingerprint, work.basis)


def task_of(work: Work) -> Task:
    """For the tasks; classes that are new get their numbers when they are known."""
    source = work.configuration.data.source
    classes = work.before.contract.classes if work.before else ()
    return Task(
        identity=uuid.uuid4().hex[:12],
        root=work.listing.root,
        table=work.base.table,
        labels={name: number for number, name in enumerate(classes)},
        settings=work.configuration.prepare,
        kind=source.kind,
        class_names=source.class_names,
        staged=work.configuration.prepare.input == "text",
    )
