"""The plan of a preparation: the context of its tasks, the files to prepare, and the version it builds on."""

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from headrace.config import Configuration
from headrace.config.configuration_model import Prepare, Source
from headrace.contract import Column
from headrace.features.input_kind_loader import KINDS, input_traits
from headrace.prepare.increments.kept_split_lookup import KeptSplits
from headrace.prepare.increments.source_changes import Increment, can_prepare_incrementally, increment
from headrace.prepare.rejects.carry_over_and_commit_side_tables import SideTable
from headrace.prepare.sources import Listing, RawFile, record_kind
from headrace.table import Version
from headrace.table.rejects_and_duplicates_reader import DUPLICATES_SCHEMA, duplicates_path, rejects_path
from headrace.table.rejects_and_duplicates_reader import SCHEMA as REJECTS_SCHEMA
from headrace.table.transaction_log import CommitBase, open_base
from headrace.table.version_and_preparation_summary import Period
from headrace.targets.target_kind_loader import target_module

# Split of the shards whose records have no split yet.
UNASSIGNED = "undecided"
STAGED = "_headrace/staged"
# Version of the preparation; increase it when the same input gives other bytes than before.
PREPARATION_VERSION = 9
# Settings that decide whether a version is committed, not its content.
CHECK_ONLY_KEYS = {"max_rejects", "expectations"}


@dataclass(frozen=True, kw_only=True)
class PrepareContext:
    """Context of every task of one preparation.

    Attributes:
        identity: identifier of the preparation; begins the name of every file it writes.
        root: folder of the source.
        table: folder of the table.
        labels: class index by class name; those of the previous version, unless the classes are determined again.
        earlier_classes: classes of the previous version, whose order those that stay keep.
        kind: kind of the source; `LABELS_FILE` of a folder with one.
        class_names: class name by the source's label, for labels that differ from it.
        staged: whether the first stage's shards are not final and are written to a separate folder.
        periods: windows whose splits follow from the time: the periods of the previous version.
        input_column: column of a table that holds the records; empty for other sources.
        target_column: column of targets whose shape the first version fixes; None of others, and if it is not known.
        kept_splits: splits of an earlier version's rows, which they keep; None if the content of each decides.
    """

    identity: str
    root: str
    table: Path
    labels: dict[str, int]
    settings: Prepare
    kind: str = "folder"
    class_names: dict[str, str] = field(default_factory=dict)
    earlier_classes: tuple[str, ...] = ()
    staged: bool = False
    periods: tuple[Period, ...] = ()
    input_column: str = ""
    target_column: Column | None = None
    kept_splits: KeptSplits | None = None

    @property
    def shards(self) -> str:
        """Return the folder of the first stage's shards, relative to the table's."""
        return STAGED if self.staged else "."


class Chunk(NamedTuple):
    """Files that one Spark task prepares."""

    number: int
    files: list[RawFile]


def fingerprint(listing: Listing, settings: Prepare) -> str:
    """Return a hash of every file's path, size and time, and of all settings that change what is written."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{PREPARATION_VERSION}\n{listing.root}\n".encode(errors="surrogateescape"))
    digest.update(_written(settings))
    for file in listing.files:
        digest.update("\0".join(map(str, (*file, "\n"))).encode(errors="surrogateescape"))
    return digest.hexdigest()


def append_key(root: str, source: Source, settings: Prepare) -> str:
    """Return a hash of the source and of all settings that change what is written.

    Versions of equal append keys can share shards.
    """
    digest = hashlib.blake2b(f"{PREPARATION_VERSION}\n{root}\n".encode(errors="surrogateescape"), digest_size=16)
    # Secrets are dumped by their names, as a changed password does not change what is read. Excluded files are removed
    # like files that no longer exist.
    digest.update(_sorted_json(source.model_dump(mode="json", exclude={"exclude"})))
    digest.update(_written(settings))
    return digest.hexdigest()


def _written(settings: Prepare) -> bytes:
    """Return the settings that change what is written, as JSON; each input kind has a section of its own."""
    unused = set(KINDS) - {settings.input} | (set() if settings.target.has_labels else {"label_separator"})
    unused |= set() if settings.inputs else {"inputs"}
    unused |= set() if settings.target.is_per_pixel else {"mask"}
    return _sorted_json(settings.model_dump(mode="json", exclude=CHECK_ONLY_KEYS | unused))


def _sorted_json(settings: object) -> bytes:
    """Return settings as JSON that does not depend on the order in which their sections declare them."""
    return json.dumps(settings, sort_keys=True).encode()


@dataclass(frozen=True, kw_only=True)
class PreparePlan:
    """Plan of one preparation.

    Attributes:
        base: state of the table when the preparation began.
        before: newest version of the table, even if nothing is carried over from it.
        increment: files to prepare and to remove.
        full: whether everything is prepared again, and the classes are determined again.
        fingerprint: hash of the source's files and of the settings.
        append_key: hash of the source and of the settings; versions of equal append keys can share shards.
    """

    configuration: Configuration
    listing: Listing
    base: CommitBase
    before: Version | None
    increment: Increment
    full: bool
    rejects: SideTable
    duplicates: SideTable
    fingerprint: str
    append_key: str


def make_plan(
    configuration: Configuration, listing: Listing, base: CommitBase, before: Version | None, *, full: bool
) -> PreparePlan:
    """Return the plan that prepares what has changed since `before`, or everything if `full` or it cannot append."""
    source, settings = configuration.data.source, configuration.prepare
    key = append_key(listing.root, source, settings)
    # A window may span rows of several files.
    independent = source.has_files and settings.windows is None
    appends = not full and independent and can_prepare_incrementally(before, key)
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
        full=full,
        rejects=rejects,
        duplicates=duplicates,
        fingerprint=fingerprint(listing, settings),
        append_key=key,
    )


def is_unchanged(plan: PreparePlan) -> bool:
    """Return whether the previous version was prepared from the same files with the same settings."""
    summary = plan.before.summary if plan.before else None
    # Whether the rows of a database have changed is not known; of a DataFrame the listing has a hash of its rows.
    return (
        summary is not None
        and bool(plan.listing.files)
        and (summary.fingerprint, summary.append_key) == (plan.fingerprint, plan.append_key)
    )


def make_context(plan: PreparePlan) -> PrepareContext:
    """Return the context of the tasks, with the classes of the previous version; new classes are added later.

    With `plan.full` the context has no classes yet: a class that none of the records has is not carried over.
    """
    source, settings = plan.configuration.data.source, plan.configuration.prepare
    classes = plan.before.contract.classes if plan.before else ()
    return PrepareContext(
        identity=uuid.uuid4().hex[:12],
        root=plan.listing.root,
        table=plan.base.table,
        labels={} if plan.full else {name: number for number, name in enumerate(classes)},
        earlier_classes=classes,
        settings=settings,
        kind=record_kind(source, settings.target),
        class_names=source.class_names,
        staged=input_traits(settings.input).is_staged,
        periods=plan.before.summary.periods if plan.before and not changed_splits(plan.before, settings) else (),
        input_column=source.columns.input if source.columns else "",
        target_column=_known_target(plan),
    )


def _known_target(plan: PreparePlan) -> Column | None:
    """Return the column of targets if its shape is known: that of images, or of the previous version if it stays."""
    settings, before = plan.configuration.prepare, plan.before
    if settings.target.is_per_pixel:
        column: Column = target_module(settings.task, "label_encoder").mask_column(settings.image.size)
        return column
    if plan.full or before is None or not settings.target.is_sized or before.contract.task != settings.task:
        return None
    return before.contract.named("target")[1]


def changed_splits(before: Version, settings: Prepare) -> str:
    """Return the settings of splits that differ from those of `before`, with both values; empty if none do."""
    old, new = before.summary.settings.get("splits", {}), settings.splits.model_dump(mode="json")
    return ", ".join(f"{key} was {old.get(key)} and is {new[key]}" for key in new if old.get(key) != new[key])
