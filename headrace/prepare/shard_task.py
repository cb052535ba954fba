"""What one Spark task of the first stage does: read its records once, form them, and write shards.

Spark gets back one small result. Bad records become rejects. Errors of the file system are not the records' fault
and fail the task.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark import TaskContext

from headrace.prepare import labels
from headrace.prepare.chunk_result import ChunkResult, add_sums, sums_of
from headrace.prepare.columns import arrow_schema
from headrace.prepare.content import split_of
from headrace.prepare.forms import Form, form_of
from headrace.prepare.reject import Reason, RejectedRecordError
from headrace.prepare.sources import RawRecord, read_records
from headrace.prepare.sources.listing import printable
from headrace.prepare.targets import class_of, target_of, weight_of
from headrace.prepare.task import UNDECIDED, Chunk, Task
from headrace.table.rejects import SCHEMA as REJECTS_SCHEMA
from headrace.table.rejects import rejects_path
from headrace.table.shards import Shard, write_shard
from headrace.table.version import SPLITS


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


def write_shard_in(task: Task, rows: pa.Table, folder: str, name: str, split: str) -> Shard:
    """A shard whose path is relative to the table's folder, though it stands in `folder` below it."""
    shard = write_shard(rows, task.table / folder, name, split)
    path = str(Path(folder) / shard.path)
    return Shard(path=path, split=split, rows=shard.rows, size=shard.size, modified=shard.modified)
