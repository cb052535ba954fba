"""The Spark task of preparation's first stage: read raw records once, encode them, and write shards."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark import TaskContext

from headrace.prepare.arrow_schema_and_columns import arrow_schema, with_target
from headrace.prepare.encoders import label_text
from headrace.prepare.encoders.content_hash_and_split import split_from_hash, text_hash
from headrace.prepare.encoders.label_encoder_interface import (
    count_classes,
    describe_missing_label,
    encode_target,
    label_encoder_module,
)
from headrace.prepare.encoders.number_notation_and_float32_warnings import SAMPLE, parse_float32
from headrace.prepare.encoders.record_encoder_in_preparation_interface import RecordEncoder, encoder_for
from headrace.prepare.incremental_plan_and_task_context import UNASSIGNED, Chunk, PrepareContext
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError, UnreadArchiveError
from headrace.prepare.sources import RawRecord, read_records
from headrace.prepare.sources.split_names import split_from_name
from headrace.prepare.tasks.chunk_result import ChunkResult, add_sums, channel_sums
from headrace.table.rejects_and_duplicates_reader import SCHEMA as REJECTS_SCHEMA
from headrace.table.rejects_and_duplicates_reader import Reject, rejects_path
from headrace.table.shard_writer import Shard, write_shard
from headrace.wording import escape_text


def parse_weight(record: RawRecord) -> float:
    """Return the record's sample weight in training.

    Raises:
        RejectedRecordError: the weight is missing or not a finite number above 0.
    """
    weight = parse_float32(record.weight or "")
    if not 0 < weight < math.inf:
        raise RejectedRecordError(Reason.BAD_WEIGHT, f"{record.weight!r} is not a finite 32-bit number above 0")
    return weight


def counting_class(target: int | float | bytes) -> int:
    """Return the class index under which a row is counted; 0 unless the target is a class index."""
    return target if isinstance(target, int) else 0


def prepare_chunks(context: PrepareContext, chunks: Iterator[Chunk]) -> Iterator[ChunkResult]:
    """Prepare every chunk of files of this partition."""
    encoder = encoder_for(context.settings)
    for chunk in chunks:
        records = read_records(context.kind, context.root, chunk.files, encoder.max_bytes)
        yield ChunkEncoder(context, encoder, chunk.number).run(records)


def list_labels(context: PrepareContext, chunks: Iterator[Chunk]) -> Iterator[Counter[str]]:
    """Yield the records by label of every chunk, for files that hold their labels."""
    for chunk in chunks:
        records = read_records(context.kind, context.root, chunk.files, 0)
        yield Counter(record.label for record in records if record.label)


def list_rejects(context: PrepareContext, chunks: Iterator[Chunk]) -> Iterator[ChunkResult]:
    """Yield the rejects of every chunk as far as they are known without the contents of the records."""
    no_label = describe_missing_label(context.settings.target)
    if context.kind == "archive":
        no_label += ": it is in no folder, and no .cls or .json of its name is next to it in the archive"
    for chunk in chunks:
        result = ChunkResult()
        for record in read_records(context.kind, context.root, chunk.files, 0):
            result.seen += 1
            rejection = record.rejection
            if rejection is None or rejection.reason == Reason.TOO_MANY_BYTES:
                rejection = _label_rejection(record.label, context, no_label)
            if rejection is not None:
                reject = _reject_row(record, rejection)
                result.rejects[reject.reason] += 1
                result.reject_examples.setdefault(reject.reason, reject)
        yield result


def _label_rejection(label: str | None, context: PrepareContext, no_label: str) -> RejectedRecordError | None:
    """Return why a label, or a list of several in a text, cannot be used, if that is so."""
    if not label:
        return RejectedRecordError(Reason.NO_LABEL, no_label)
    if not context.settings.target.has_labels:
        return None
    problem = label_text.unreadable_labels(label, context.settings.label_separator)
    return None if problem is None else RejectedRecordError(Reason.BAD_LABEL, problem)


def _reject_row(record: RawRecord, rejection: RejectedRecordError) -> Reject:
    return Reject(record.reject_path or record.path, rejection.reason.value, escape_text(rejection.detail))


class ChunkEncoder:
    """Writer of the shards and rejects of one task."""

    def __init__(self, context: PrepareContext, encoder: RecordEncoder, number: int) -> None:
        self.context = context
        self.encoder = encoder
        self.name = f"{context.identity}-{number:06d}-{attempt_id()}"
        self.schema = arrow_schema(with_target(encoder.columns, context.target_column))
        self._label_text = label_encoder_module(context.settings.task).content_text
        self.result = ChunkResult()
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.bytes: Counter[str] = Counter()
        self.rejects: list[Reject] = []

    def run(self, records: Iterable[RawRecord]) -> ChunkResult:
        """Write `records` to shards, and the rejected ones to the rejects table."""
        members = list[str]()
        for record in records:
            self.result.seen += 1
            if self.context.kind == "archive":
                self.result.observations.add_member(record.path, record.label, record.name_finding)
                members.append(record.path)
            try:
                self._prepare(record)
            except RejectedRecordError as rejection:
                self._reject(record, rejection)
        for split in sorted(self.rows):
            self._flush(split)
        self.result.observations.add_member_names(members)
        self.result.observations.update(self.encoder.take_observations())
        if self.rejects:
            rows = pa.Table.from_pylist([reject._asdict() for reject in self.rejects], REJECTS_SCHEMA)
            self.result.reject_shards.append(write_shard(rows, rejects_path(self.context.table), self.name))
        return self.result

    def _prepare(self, record: RawRecord) -> None:
        if record.rejection is not None:
            raise record.rejection
        try:
            target = encode_target(record, self.context)
        except RejectedRecordError as rejection:
            if rejection.reason == Reason.BAD_LABEL:
                # An error of the content explains more: a class does not exist if none of its records is usable.
                self.encoder.row(record)
            raise
        row = self.encoder.row(record) | {"path": record.path, "label": target}
        if self.context.settings.target.has_items:
            # Another choice by equal inputs is another record: neither a copy nor a contradiction.
            row["content_hash"] = text_hash(f"{row['content_hash']}\0{self._label_text(record.label or '')}")
        if isinstance(target, float) and len(self.result.number_labels) < SAMPLE:
            self.result.number_labels.append(float(record.label or ""))
            self.result.observations.add_number("The labels", record.label or "")
        if self.context.settings.weights:
            row["weight"] = parse_weight(record)
            self.result.observations.add_number("The weights", record.weight or "")
            self.result.observations.weights.add(row["weight"], record.reject_path or record.path)
        split = self._split(record, row["content_hash"])
        self.result.counts[split, counting_class(target)] += 1
        self._append(split, row)

    def _split(self, record: RawRecord, content: str) -> str:
        self.result.observations.add_split(record.split, record.path)
        kept = self.context.kept_splits
        found = None if kept is None else kept.find(record.path, record.reject_path, content)
        if record.split is not None:
            split = split_from_name(record.split)
            if split is None:
                raise RejectedRecordError(Reason.BAD_SPLIT, f"{record.split!r} is not train, val or test")
            self.result.moved_splits += found not in (None, split)
            return split
        splits = self.context.settings.splits
        from_content = split_from_hash(content, splits) if splits.method == "hash" else UNASSIGNED
        if found is not None:
            self.result.kept_splits += 1
            self.result.departed_splits += found != from_content
            return found
        self.result.new_splits += 1
        return from_content

    def _reject(self, record: RawRecord, rejection: RejectedRecordError) -> None:
        if isinstance(rejection, UnreadArchiveError):
            self.result.observations.add_damaged_archive(rejection)
        reject = _reject_row(record, rejection)
        self.result.rejects[reject.reason] += 1
        self.result.reject_examples.setdefault(reject.reason, reject)
        self.rejects.append(reject)

    def _append(self, split: str, row: dict[str, Any]) -> None:
        rows = self.rows.setdefault(split, [])
        rows.append(row)
        settings = self.context.settings
        payload = (*self.encoder.payload_columns, *(("label",) if settings.target.is_per_pixel else ()))
        self.bytes[split] += sum(len(row[name]) for name in payload)
        if self.bytes[split] >= settings.shard_bytes or len(rows) == settings.shard_rows:
            self._flush(split)

    def _flush(self, split: str) -> None:
        rows = pa.Table.from_pylist(self.rows.pop(split), self.schema)
        del self.bytes[split]
        if split == "train":
            self.result.sums = add_sums(self.result.sums, channel_sums(rows, self.encoder.columns))
        self.result.label_counts += count_classes(split, rows["label"], self.context.settings)
        name = f"{self.name}-{len(self.result.shards):03d}"
        self.result.shards.append(write_shard_in(self.context, rows, self.context.shards, name, split))


def attempt_id() -> int:
    """Return the id of the running task attempt, unique within the Spark application; 0 outside a Spark task."""
    spark_task = TaskContext.get()
    return int(spark_task.taskAttemptId()) if spark_task else 0


def write_shard_in(context: PrepareContext, rows: pa.Table, folder: str, name: str, split: str) -> Shard:
    """Write a shard into `folder`, relative to the table's; the returned path is relative to the table's folder."""
    shard = write_shard(rows, context.table / folder, name, split)
    path = str(Path(folder) / shard.path)
    return Shard(path=path, split=split, rows=shard.rows, size=shard.size, modified=shard.modified)
