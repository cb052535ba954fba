"""What one Spark task of the first stage does: read its records once, encode them, and write shards."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark import TaskContext

from headrace.prepare.chunks import ChunkResult, add_sums, channel_sums
from headrace.prepare.columns import arrow_schema
from headrace.prepare.encoders import labels
from headrace.prepare.encoders.hashing import hash_split
from headrace.prepare.encoders.record_encoders import RecordEncoder, encoder_for
from headrace.prepare.plan import UNASSIGNED, Chunk, PrepareContext
from headrace.prepare.rejection import Reason, RejectedRecordError
from headrace.prepare.sources import RawRecord, read_records
from headrace.prepare.sources.base import escape_path
from headrace.table.rejects import SCHEMA as REJECTS_SCHEMA
from headrace.table.rejects import rejects_path
from headrace.table.shards import Shard, write_shard
from headrace.table.version import SPLITS


def label_names(label: str, task: PrepareContext) -> tuple[str, ...]:
    """The names of the classes that `label` speaks of; one, but for multi_label."""
    found = (
        labels.parse_labels(label, task.settings.label_separator) if task.settings.task == "multi_label" else (label,)
    )
    return tuple(task.class_names.get(name, name) for name in found)


def encode_target(record: RawRecord, task: PrepareContext) -> int | float | bytes:
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
    names = label_names(record.label, task)
    for name in names:
        if name not in task.labels:
            raise RejectedRecordError(Reason.BAD_LABEL, f"{name!r} is none of the classes")
    numbers = {task.labels[name] for name in names}
    return labels.encode_labels(numbers) if task.settings.task == "multi_label" else numbers.pop()


def parse_weight(record: RawRecord) -> float:
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


def target_class(target: int | float | bytes) -> int:
    """Under which a row is counted."""
    return target if isinstance(target, int) else 0


def prepare_chunks(task: PrepareContext, chunks: Iterator[Chunk]) -> Iterator[ChunkResult]:
    """Prepare every chunk of files that Spark hands to this partition."""
    form = encoder_for(task.settings)
    for chunk in chunks:
        records = read_records(task.kind, task.root, chunk.files, form.max_bytes)
        yield ShardWriter(task, form, chunk.number).run(records)


def list_labels(task: PrepareContext, chunks: Iterator[Chunk]) -> Iterator[set[str]]:
    """The names of the classes in every chunk; of files whose labels stand in them."""
    for chunk in chunks:
        records = read_records(task.kind, task.root, chunk.files, 0)
        yield {task.class_names.get(one.label, one.label) for one in records if one.label is not None}


class ShardWriter:
    """Of the records of one task."""

    def __init__(self, task: PrepareContext, form: RecordEncoder, number: int) -> None:
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
        target = encode_target(record, self.task)
        row = self.form.row(record) | {"path": record.path, "label": target}
        if self.task.settings.weights:
            row["weight"] = parse_weight(record)
        split = self._split(record, row["content_hash"])
        self.result.counts[split, target_class(target)] += 1
        self._append(split, row)

    def _split(self, record: RawRecord, content: str) -> str:
        if record.split is not None:
            if record.split not in SPLITS:
                raise RejectedRecordError(Reason.BAD_SPLIT, f"{record.split!r} is not train, val or test")
            return record.split
        splits = self.task.settings.splits
        return hash_split(content, splits) if splits.method == "hash" else UNASSIGNED

    def _reject(self, record: RawRecord, rejection: RejectedRecordError) -> None:
        self.result.rejects[rejection.reason.value] += 1
        row = {"path": record.path, "reason": rejection.reason.value, "detail": escape_path(rejection.detail)}
        self.rejected.append(row)

    def _append(self, split: str, row: dict[str, Any]) -> None:
        rows = self.rows.setdefault(split, [])
        rows.append(row)
        self.bytes[split] += len(row[self.form.payload_column])
        settings = self.task.settings
        if self.bytes[split] >= settings.shard_bytes or len(rows) == settings.shard_rows:
            self._flush(split)

    def _flush(self, split: str) -> None:
        rows = pa.Table.from_pylist(self.rows.pop(split), self.schema)
        del self.bytes[split]
        if split == "train":
            self.result.sums = add_sums(self.result.sums, channel_sums(rows, self.form.columns))
        if self.task.settings.task == "multi_label":
            self.result.label_counts += labels.count_labels(split, rows["label"])
        name = f"{self.name}-{len(self.result.shards):03d}"
        self.result.shards.append(write_shard_in(self.task, rows, self.task.shards, name, split))


def write_shard_in(task: PrepareContext, rows: pa.Table, folder: str, name: str, split: str) -> Shard:
    """A shard whose path is relative to the table's folder, though it stands in `folder` below it."""
    shard = write_shard(rows, task.table / folder, name, split)
    path = str(Path(folder) / shard.path)
    return Shard(path=path, split=split, rows=shard.rows, size=shard.size, modified=shard.modified)
