"""What one Spark task does: read its files once, decode, and write shards; give Spark back one small result.

Bad records become rejects. Errors of the file system are not the records' fault and fail the task.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from pyspark import TaskContext

from headrace.config.sections import Prepare
from headrace.errors import DataError
from headrace.prepare.columns import arrow_schema, image_columns
from headrace.prepare.content import content_hash, split_of
from headrace.prepare.image import Pixels, decode, encode
from headrace.prepare.reject import Reason, RejectedRecordError
from headrace.prepare.sources.listing import RawFile, printable
from headrace.prepare.statistics import Sums
from headrace.table.rejects import SCHEMA as REJECTS_SCHEMA
from headrace.table.rejects import rejects_path
from headrace.table.shards import Shard, write_shard


@dataclass(frozen=True, kw_only=True)
class Task:
    """What every task of one preparation knows.

    Attributes:
        identity: of the preparation; begins the name of every file it writes.
        root: the source's folder.
        table: the table's folder.
        labels: number of each class name.
    """

    identity: str
    root: str
    table: Path
    labels: dict[str, int]
    settings: Prepare


class Chunk(NamedTuple):
    """The files of one Spark task.

    Attributes:
        dropped: paths among them that are duplicates of a record kept elsewhere.
    """

    number: int
    files: list[RawFile]
    dropped: frozenset[str] = frozenset()


class PreparedRow(NamedTuple):
    """One record ready to be stored."""

    path: str
    label: int
    image: bytes
    content_hash: str


@dataclass
class ChunkResult:
    """What one task made, to be added to the others'."""

    shards: list[Shard] = field(default_factory=list)
    reject_shards: list[Shard] = field(default_factory=list)
    rejects: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    sums: Sums | None = None
    duplicates: int = 0


def prepare_chunks(task: Task, chunks: Iterator[Chunk]) -> Iterator[ChunkResult]:
    """Prepare every chunk of files that Spark hands to this partition."""
    for chunk in chunks:
        yield _Preparation(task, chunk).run()


def load(task: Task, file: RawFile) -> tuple[Pixels, str]:
    """Prepared pixels of `file` and their content hash.

    Raises:
        RejectedRecordError: the record is unusable.
        DataError: the file cannot be read.
    """
    if file.label is None:
        raise RejectedRecordError(Reason.NO_CLASS, "the file is in no class folder")
    form = task.settings.image
    if file.size > form.max_bytes:
        raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{file.size} bytes, the limit is {form.max_bytes}")
    pixels = decode(_read(task.root, file), form)
    return pixels, content_hash(pixels)


class _Preparation:
    def __init__(self, task: Task, chunk: Chunk) -> None:
        self.task = task
        self.chunk = chunk
        context = TaskContext.get()
        attempt = context.taskAttemptId() if context else 0
        self.name = f"{task.identity}-{chunk.number:06d}-{attempt}"
        self.columns = image_columns(task.settings.image)
        self.result = ChunkResult(sums=Sums.zero(self.columns["image"].shape[-1]))
        self.rows: dict[str, list[PreparedRow]] = {}
        self.bytes: Counter[str] = Counter()
        self.rejected: list[dict[str, str]] = []

    def run(self) -> ChunkResult:
        for file in self.chunk.files:
            if file.path in self.chunk.dropped:
                self.result.duplicates += 1
                continue
            try:
                self._prepare(file)
            except RejectedRecordError as rejection:
                self._reject(file, rejection)
        for split in sorted(self.rows):
            self._flush(split)
        if self.rejected:
            rows = pa.Table.from_pylist(self.rejected, REJECTS_SCHEMA)
            self.result.reject_shards.append(write_shard(rows, rejects_path(self.task.table), self.name))
        return self.result

    def _prepare(self, file: RawFile) -> None:
        pixels, content = load(self.task, file)
        split = file.split or split_of(content, self.task.settings.splits)
        label = self.task.labels[file.label or ""]
        if split == "train" and self.result.sums is not None:
            self.result.sums += Sums.of(pixels)
        self.result.counts[split, label] += 1
        self._append(split, PreparedRow(printable(file.path), label, encode(pixels, self.task.settings.image), content))

    def _reject(self, file: RawFile, rejection: RejectedRecordError) -> None:
        self.result.rejects[rejection.reason.value] += 1
        row = {"path": printable(file.path), "reason": rejection.reason.value, "detail": rejection.detail}
        self.rejected.append(row)

    def _append(self, split: str, row: PreparedRow) -> None:
        rows = self.rows.setdefault(split, [])
        rows.append(row)
        self.bytes[split] += len(row.image)
        if self.bytes[split] >= self.task.settings.shard_bytes:
            self._flush(split)

    def _flush(self, split: str) -> None:
        rows = self.rows.pop(split)
        del self.bytes[split]
        schema = arrow_schema(self.columns)
        table = pa.Table.from_arrays(
            [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), schema, strict=True)],
            schema=schema,
        )
        name = f"{self.name}-{len(self.result.shards):03d}"
        self.result.shards.append(write_shard(table, self.task.table, name, split))


def _read(root: str, file: RawFile) -> bytes:
    try:
        return Path(root, file.path).read_bytes()
    except OSError as error:
        raise DataError(
            f"The file {printable(file.path)!r} of {printable(root)} was listed but cannot be read ({error.strerror}); "
            "nothing was committed. Mend the permissions or the storage and prepare again."
        ) from error
