"""What one Spark task of the first stage does: read its records once, form them, and write shards.

Spark gets back one small result. Bad records become rejects. Errors of the file system are not the records' fault
and fail the task.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyspark import TaskContext

from headrace.config.sections import Prepare
from headrace.prepare import labels
from headrace.prepare.columns import arrow_schema
from headrace.prepare.content import split_of
from headrace.prepare.forms import Form, form_of
from headrace.prepare.reject import Reason, RejectedRecordError
from headrace.prepare.sources import RawFile, RawRecord, read_records
from headrace.prepare.sources.listing import printable
from headrace.prepare.statistics import Sums
from headrace.schema import Column
from headrace.table.rejects import SCHEMA as REJECTS_SCHEMA
from headrace.table.rejects import rejects_path
from headrace.table.shards import Shard, write_shard
from headrace.table.version import SPLITS

# Records whose split is not decided yet stand in shards of this one.
UNDECIDED = "undecided"
STAGED = "_headrace/staged"
# Where rows have not one class each, all are counted together.
ALL = "all"


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


@dataclass
class ChunkResult:
    """What one task made, to be added to the others'.

    Attributes:
        label_counts: of multi_label, rows by split and by each of their classes.
        seen: records, each of which was written, rejected or dropped.
        removed: paths of shards whose rows were written anew, or are gone, and which no longer count.
    """

    seen: int = 0
    shards: list[Shard] = field(default_factory=list)
    reject_shards: list[Shard] = field(default_factory=list)
    duplicate_shards: list[Shard] = field(default_factory=list)
    rejects: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    label_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    sums: Sums | None = None
    duplicates: int = 0
    gone: int = 0
    removed: list[str] = field(default_factory=list)
    removed_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    removed_label_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    removed_sums: Sums | None = None


def prepare_chunks(task: Task, chunks: Iterator[Chunk]) -> Iterator[ChunkResult]:
    """Prepare every chunk of files that Spark hands to this partition."""
    form = form_of(task.settings)
    for chunk in chunks:
        records = read_records(task.kind, task.root, chunk.files, form.max_bytes)
        yield Preparation(task, form, chunk.number).run(records)


def labels_of_chunks(task: Task, chunks: Iterator[Chunk]) -> Iterator[set[str]]:
    """The names of the classes in every chunk; of files whose labels stand in them."""
    for chunk in chunks:
        records = read_records(task.kind, task.root, chunk.files, 0)
        yield {task.class_names.get(one.label, one.label) for one in records if one.label is not None}


class Preparation:
    """Of the records of one task."""

    def __init__(self, task: Task, form: Form, number: int) -> None:
        self.task = task
        self.form = form
        context = TaskContext.get()
        attempt = context.taskAttemptId() if context else 0
        self.name = f"{task.identity}-{number:06d}-{attempt}"
        self.schema = arrow_schema(form.columns)
        self.result = ChunkResult()
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.bytes: Counter[str] = Counter()
        self.rejected: list[dict[str, str]] = []

    def run(self, records: Iterable[RawRecord]) -> ChunkResult:
        """Write shards of `records`, and of those that were rejected."""
        for record in records:
            self.result.seen += 1
            try:
                self._prepare(record)
            except RejectedRecordError as rejection:
                self._reject(record, rejection)
        for split in sorted(self.rows):
            self._flush(split)
        if self.rejected:
            rows = pa.Table.from_pylist(self.rejected, REJECTS_SCHEMA)
            self.result.reject_shards.append(write_shard(rows, rejects_path(self.task.table), self.name))
        return self.result

    def _prepare(self, record: RawRecord) -> None:
        if record.rejection is not None:
            raise record.rejection
        target = target_of(record, self.task)
        row = self.form.row(record) | {"path": record.path, "label": target}
        if self.task.settings.weights:
            row["weight"] = weight_of(record)
        split = self._split(record, row["content_hash"])
        self.result.counts[split, class_of(target)] += 1
        self._append(split, row)

    def _split(self, record: RawRecord, content: str) -> str:
        if record.split is not None:
            if record.split not in SPLITS:
                raise RejectedRecordError(Reason.BAD_SPLIT, f"{record.split!r} is not train, val or test")
            return record.split
        splits = self.task.settings.splits
        return split_of(content, splits) if splits.method == "hash" else UNDECIDED

    def _reject(self, record: RawRecord, rejection: RejectedRecordError) -> None:
        self.result.rejects[rejection.reason.value] += 1
        row = {"path": record.path, "reason": rejection.reason.value, "detail": printable(rejection.detail)}
        self.rejected.append(row)

    def _append(self, split: str, row: dict[str, Any]) -> None:
        rows = self.rows.setdefault(split, [])
        rows.append(row)
        self.bytes[split] += len(row[self.form.stored])
        settings = self.task.settings
        if self.bytes[split] >= settings.shard_bytes or len(rows) == settings.shard_rows:
            self._flush(split)

    def _flush(self, split: str) -> None:
        rows = pa.Table.from_pylist(self.rows.pop(split), self.schema)
        del self.bytes[split]
        if split == "train":
            self.result.sums = add_sums(self.result.sums, sums_of(rows, self.form.columns))
        if self.task.settings.task == "multi_label":
            self.result.label_counts += labels.counted(split, rows["label"])
        name = f"{self.name}-{len(self.result.shards):03d}"
        self.result.shards.append(write_shard_in(self.task, rows, self.task.shards, name, split))


def sums_of(rows: pa.Table, columns: dict[str, Column]) -> Sums | None:
    """Of the channels of all `rows`; None where they are no images."""
    if "channel_sums" not in columns:
        return None
    height, width, channels = columns["image"].image_shape
    return Sums.from_bytes(rows["channel_sums"].to_pylist(), height * width, channels)


def add_sums(left: Sums | None, right: Sums | None) -> Sums | None:
    """Of both; None where neither is there."""
    if left is None or right is None:
        return left or right
    return left + right


def write_shard_in(task: Task, rows: pa.Table, folder: str, name: str, split: str) -> Shard:
    """A shard whose path is relative to the table's folder, though it stands in `folder` below it."""
    shard = write_shard(rows, task.table / folder, name, split)
    path = str(Path(folder) / shard.path)
    return Shard(path=path, split=split, rows=shard.rows, size=shard.size, modified=shard.modified)


def names_of(label: str, task: Task) -> tuple[str, ...]:
    """The names of the classes that `label` speaks of; one, but for multi_label."""
    found = labels.labels_of(label, task.settings.label_separator) if task.settings.task == "multi_label" else (label,)
    return tuple(task.class_names.get(name, name) for name in found)


def target_of(record: RawRecord, task: Task) -> int | float | bytes:
    """What a model shall answer with: the number of a class, numbers of classes as they are stored, or a number.

    Raises:
        RejectedRecordError: there is none, or it is no class or no number.
    """
    if record.label is None:
        raise RejectedRecordError(Reason.NO_CLASS, "the record has no label")
    if task.settings.task == "regression":
        number = _stored(record.label)
        if not math.isfinite(number):
            raise RejectedRecordError(Reason.BAD_LABEL, f"{record.label!r} is no finite number of 32 bits")
        return number
    names = names_of(record.label, task)
    for name in names:
        if name not in task.labels:
            raise RejectedRecordError(Reason.BAD_LABEL, f"{name!r} is none of the classes")
    numbers = {task.labels[name] for name in names}
    return labels.stored(numbers) if task.settings.task == "multi_label" else numbers.pop()


def weight_of(record: RawRecord) -> float:
    """How much the record counts in training.

    Raises:
        RejectedRecordError: it does not say so by a number above 0.
    """
    weight = _stored(record.weight or "")
    if not 0 < weight < math.inf:
        raise RejectedRecordError(Reason.BAD_WEIGHT, f"{record.weight!r} is no number above 0 of 32 bits")
    return weight


def _stored(text: str) -> float:
    """The number as a float32 holds it: infinite where it is too large, and not a number where it is none."""
    try:
        with np.errstate(over="ignore"):
            return float(np.float32(text))
    except ValueError:
        return math.nan


def class_of(target: int | float | bytes) -> int:
    """Under which a row is counted."""
    return target if isinstance(target, int) else 0
