"""Read TFRecord files of `tf.train.Example`, without TensorFlow.

Format: a record is its length (8 bytes, little-endian), the checksum of the length, the data, and the checksum of the
data (TensorFlow, tsl/lib/io/record_writer.h). The data are a message `Example` (core/example/feature.proto).
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any, NamedTuple

import pyarrow as pa

from headrace.config.base_section import strip_backticks
from headrace.errors import DataError
from headrace.prepare.readers.compression import find_compression, open_decompressed
from headrace.prepare.readers.row_types_and_errors import MissingColumnError, Row, RowRange
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.storage import is_remote
from headrace.wording import escape_path

# The records whose features show the columns of a file: no more of either.
RECORDS_TO_SEARCH, BYTES_TO_SEARCH = 1000, 2**23
HEADER, CHECKSUM = struct.Struct("<QI"), struct.Struct("<I")
MASK = 0xA282EAD8
# Bytes that no text has.
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a]")
# First byte of a stream of zlib with the window of 32 KiB, which TensorFlow writes.
ZLIB = b"\x78"


class Feature(NamedTuple):
    """Values of a feature: numbers, or bytes as they are stored."""

    values: list[Any]

    @property
    def is_numeric(self) -> bool:
        """Return whether the values are numbers; an empty feature has none."""
        return bool(self.values) and not isinstance(self.values[0], bytes)

    @property
    def is_binary(self) -> bool:
        """Return whether a value is bytes that are no text."""
        return any(isinstance(one, bytes) and _decode(one) is None for one in self.values)

    def cell(self, *, is_list: bool, is_text: bool) -> Any:
        """Return the only value, or all of them as a list; None if there is none, but an empty list of lists.

        Args:
            is_text: whether bytes are texts; those that are not stay bytes.
        """
        values = self.values
        if is_text and not self.is_numeric:
            texts = map(_decode, values)
            values = [value if text is None else text for value, text in zip(values, texts, strict=True)]
        if is_list or len(values) > 1:
            return values
        return values[0] if values else None


def _decode(value: bytes) -> str | None:
    """Return bytes as text; None if they are not UTF-8, or have characters of control that texts do not have."""
    if CONTROLS.search(value):
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


class TfrecordReader:
    """Reader of one TFRecord file, compressed or not.

    Args:
        path: the file.
        name: path of the file for ranges, relative to the source's folder.
        wanted: names of the features to read.

    Attributes:
        columns: names of the features of the first records.
        lists: those with several values in one of these, which are lists in every record.
        numeric: those that hold numbers, and not bytes, in one of these.
        binary: those with bytes that are no text in one of these, such as files; the others' bytes are texts.

    Raises:
        ConfigurationError: none of the first records has a feature.
        DataError: the file cannot be read, or is no TFRecord file.
    """

    def __init__(self, path: Path, name: str, wanted: Sequence[str]) -> None:
        self.path, self.name = path, name
        self.wanted = {one: strip_backticks(one) for one in wanted}
        self.columns: list[str] = []
        self.lists: set[str] = set()
        self.numeric: set[str] = set()
        self.binary: set[str] = set()
        self._find_columns()
        for one in self.wanted:
            # A file without records has no columns, and none is missing.
            if self.columns and self.wanted[one] not in self.columns:
                raise MissingColumnError(one, str(path), self.columns)

    def ranges(self, max_bytes: int, max_rows: int | None = None) -> list[RowRange]:
        """Return ranges of at most about `max_bytes` and `max_rows` each; one range if the file cannot be divided."""
        if is_remote(self.path) or (self.path.stat().st_size <= max_bytes and max_rows is None):
            return [RowRange(self.name)]
        with self.path.open("rb") as raw, self._readable():
            if _is_compressed(raw):
                return [RowRange(self.name)]
            return self._divide(raw, max_bytes, max_rows or 2**62)

    def rows(self, part: RowRange) -> Iterator[Row]:
        """Yield the records of a range, in order.

        Raises:
            DataError: the file ends within a record, or the length of one is damaged, so that no more can be found.
        """
        with self.path.open("rb") as raw, self._readable():
            content = _content(raw)
            if part.begin:
                content.seek(part.begin)
            read = 0
            for number, data in enumerate(self._records(content, part.number), part.number):
                yield self._row(number, data)
                read += HEADER.size + len(data)
                if 0 <= part.size <= read:
                    return

    def _divide(self, raw: IO[bytes], max_bytes: int, max_rows: int) -> list[RowRange]:
        """Return ranges of whole records, whose headers alone are read."""
        end = raw.seek(0, io.SEEK_END)
        ranges, begin, first, number, position = list[RowRange](), 0, 1, 0, 0
        while position < end:
            raw.seek(position)
            position += HEADER.size + self._length(raw.read(HEADER.size), number + 1) + CHECKSUM.size
            number += 1
            if position - begin >= max_bytes or number - first + 1 >= max_rows or position >= end:
                ranges.append(RowRange(self.name, begin, position - begin, first))
                begin, first = position, number + 1
        return ranges or [RowRange(self.name)]

    def _records(self, content: IO[bytes], first: int) -> Iterator[bytes]:
        """Yield the data of each record, followed by their checksum."""
        number = first
        while header := content.read(HEADER.size):
            length = self._length(header, number)
            data = content.read(length + CHECKSUM.size)
            if len(data) < length + CHECKSUM.size:
                raise DataError(f"{self.path} ends within record {number}; copy the file again.")
            yield data
            number += 1

    def _length(self, header: bytes, number: int) -> int:
        """Return the length of a record.

        Raises:
            DataError: the header is cut off, or its checksum is wrong.
        """
        if len(header) == HEADER.size:
            length, checksum = HEADER.unpack(header)
            if masked_checksum(header[:8]) == checksum:
                return int(length)
            if number == 1:
                raise DataError(f"{self.path} is not a TFRecord file: the length of its first record is damaged.")
        raise DataError(f"{self.path} ends within record {number}, or its length is damaged; copy the file again.")

    def _row(self, number: int, data: bytes) -> Row:
        try:
            features = read_features(data)
        except RejectedRecordError as rejection:
            return Row(number, {}, rejection, "record")
        cells = {
            one: features[name].cell(is_list=name in self.lists, is_text=name not in self.binary)
            if name in features
            else None
            for one, name in self.wanted.items()
        }
        return Row(number, cells, None, "record")

    def _find_columns(self) -> None:
        searched, names = 0, dict[str, None]()
        with self.path.open("rb") as raw, self._readable():
            for number, data in enumerate(self._records(_content(raw), 1), 1):
                searched += len(data)
                try:
                    features = read_features(data)
                except RejectedRecordError:
                    features = {}
                names |= dict.fromkeys(sorted(features))
                self.lists |= {name for name, feature in features.items() if len(feature.values) > 1}
                self.numeric |= {name for name, feature in features.items() if feature.is_numeric}
                self.binary |= {name for name, feature in features.items() if feature.is_binary}
                if number >= RECORDS_TO_SEARCH or searched >= BYTES_TO_SEARCH:
                    break
        self.columns = list(names)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
            raise DataError(f"{escape_path(str(self.path))} cannot be read ({error}); copy the file again.") from None


def masked_checksum(data: bytes) -> int:
    """Return the CRC-32C of `data`, rotated and shifted as TFRecord files store it."""
    # Other formats do not need it.
    import google_crc32c

    found: int = google_crc32c.value(data)
    return ((found >> 15 | found << 17) + MASK) & 0xFFFFFFFF


def read_features(data: bytes) -> dict[str, Feature]:
    """Return the features of a record by name; floats are the shortest numbers of the same 32 bits.

    Args:
        data: the record and its checksum.

    Raises:
        RejectedRecordError: the checksum is wrong, or the record is no `tf.train.Example`.
    """
    from google.protobuf.message import DecodeError

    record, checksum = data[: -CHECKSUM.size], CHECKSUM.unpack(data[-CHECKSUM.size :])[0]
    if masked_checksum(record) != checksum:
        raise RejectedRecordError(Reason.DAMAGED, "the checksum of the record is wrong")
    try:
        example = example_class().FromString(record)
    except DecodeError:
        raise RejectedRecordError(Reason.DAMAGED, "the record is no tf.train.Example") from None
    if example.feature_lists:
        detail = "the record is a tf.train.SequenceExample; expected a tf.train.Example"
        raise RejectedRecordError(Reason.DAMAGED, detail)
    return {name: Feature(_values(feature)) for name, feature in example.features.feature.items()}


def _values(feature: Any) -> list[Any]:
    if feature.bytes_list.value:
        return list(feature.bytes_list.value)
    if feature.int64_list.value:
        return list(feature.int64_list.value)
    numbers = pa.array(feature.float_list.value, pa.float32())
    found: list[Any] = numbers.cast(pa.string()).cast(pa.float64()).to_pylist()
    return found


@cache
def example_class() -> Any:
    """Return the class of the message `tf.train.Example`; a `SequenceExample` shows in its field 2."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="headrace/example.proto", package="headrace", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto

    def add(parent: Any, name: str, fields: list[tuple[str, int, bool, str]]) -> Any:
        message = parent.add(name=name)
        for number, (field, kind, repeated, type_name) in enumerate(fields, 1):
            label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            message.field.add(name=field, number=number, type=kind, label=label, type_name=type_name or None)
        return message

    messages = file.message_type
    add(messages, "BytesList", [("value", kinds.TYPE_BYTES, True, "")])
    add(messages, "FloatList", [("value", kinds.TYPE_FLOAT, True, "")])
    add(messages, "Int64List", [("value", kinds.TYPE_INT64, True, "")])
    lists = [("bytes_list", "BytesList"), ("float_list", "FloatList"), ("int64_list", "Int64List")]
    add(messages, "Feature", [(name, kinds.TYPE_MESSAGE, False, f".headrace.{kind}") for name, kind in lists])
    features = add(messages, "Features", [("feature", kinds.TYPE_MESSAGE, True, ".headrace.Features.FeatureEntry")])
    entry = [("key", kinds.TYPE_STRING, False, ""), ("value", kinds.TYPE_MESSAGE, False, ".headrace.Feature")]
    add(features.nested_type, "FeatureEntry", entry).options.map_entry = True
    lists_of_features = ("feature_lists", kinds.TYPE_BYTES, False, "")
    add(messages, "Example", [("features", kinds.TYPE_MESSAGE, False, ".headrace.Features"), lists_of_features])
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("headrace.Example"))


def _content(raw: IO[bytes]) -> IO[bytes]:
    """Return the content of a file from its beginning on, decompressed."""
    raw.seek(0)
    head = raw.read(HEADER.size)
    raw.seek(0)
    if not _is_zlib(head):
        return open_decompressed(raw)
    return io.BytesIO(zlib.decompress(raw.read()))


def _is_compressed(raw: IO[bytes]) -> bool:
    raw.seek(0)
    head = raw.read(HEADER.size)
    return _is_zlib(head) or find_compression(head) is not None


def _is_zlib(head: bytes) -> bool:
    """Return whether a file begins as a stream of zlib, and not with a record of as many bytes."""
    if not head.startswith(ZLIB) or int.from_bytes(head[:2], "big") % 31:
        return False
    return len(head) < HEADER.size or masked_checksum(head[:8]) != HEADER.unpack(head)[1]


def is_tfrecord(head: bytes) -> bool:
    """Return whether a file that begins with `head`, of at least 12 bytes, is an uncompressed TFRecord file."""
    return len(head) >= HEADER.size and masked_checksum(head[:8]) == HEADER.unpack(head[: HEADER.size])[1]
