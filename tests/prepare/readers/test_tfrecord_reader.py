"""TFRecord files are read as TensorFlow writes them: compressed or not, whole or in ranges, damaged ones refused."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.config.table_reader_options import ReaderOptions
from headrace.errors import DataError
from headrace.prepare.preview.table_format_detection import detect_format
from headrace.prepare.readers import Row, RowRange, cell_to_text, format_from_name, open_reader
from headrace.prepare.readers.row_types_and_errors import MissingColumnError
from headrace.prepare.readers.tfrecord_reader import TfrecordReader, masked_checksum

pytestmark = pytest.mark.tensorflow

Features = dict[str, list[Any]]


def feature(values: list[Any]) -> Any:
    """Return a feature of bytes, whole numbers or floats."""
    if all(isinstance(one, bytes) for one in values):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if all(isinstance(one, int) for one in values):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def example(features: Features) -> bytes:
    named = {name: feature(values) for name, values in features.items()}
    data: bytes = tf.train.Example(features=tf.train.Features(feature=named)).SerializeToString()
    return data


def write(path: Path, records: list[bytes], compression: str = "") -> Path:
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for record in records:
            writer.write(record)
    return path


def read(path: Path, wanted: list[str], part: RowRange | None = None) -> list[Row]:
    reader = TfrecordReader(path, path.name, wanted)
    return [row for one in ([part] if part else reader.ranges(2**62)) for row in reader.rows(one)]


def simple(count: int) -> list[bytes]:
    return [example({"text": [f"text {number}".encode()], "label": [number]}) for number in range(count)]


NUMBERS = st.floats(width=32, allow_nan=False)
VALUES = st.one_of(
    st.lists(st.binary(max_size=20), max_size=3),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
    st.lists(NUMBERS, max_size=3),
)
RECORDS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "c é"]), VALUES), min_size=1, max_size=6)


@given(records=RECORDS, compression=st.sampled_from(["", "GZIP", "ZLIB"]))
@settings(max_examples=60)
def test_cells_are_the_values_that_tensorflow_wrote(
    tmp_path_factory: pytest.TempPathFactory, records: list[Features], compression: str
) -> None:
    path = write(tmp_path_factory.mktemp("tf") / "x.tfrecord", [example(one) for one in records], compression)
    names = sorted({name for one in records for name in one})
    lists = {name for one in records for name, values in one.items() if len(values) > 1}
    rows = read(path, names)
    assert [row.number for row in rows] == list(range(1, len(records) + 1))
    for row, record in zip(rows, records, strict=True):
        for name in names:
            values = record.get(name)
            if values is not None and name in lists:
                assert_equal(row.values[name], values)
            elif values:
                assert_equal([row.values[name]], values)
            else:
                assert row.values[name] is None


def assert_equal(found: list[Any], values: list[Any]) -> None:
    assert len(found) == len(values)
    for one, other in zip(found, values, strict=True):
        stored = one.encode() if isinstance(one, str) else one
        assert np.float32(one) == np.float32(other) if isinstance(other, float) else stored == other


def test_bytes_are_texts_where_all_of_the_first_are(tmp_path: Path) -> None:
    records = [{"name": ["größer".encode()], "file": [b"\x89PNG"]}, {"name": [b"b"], "file": [b"plain"]}]
    path = write(tmp_path / "x.tfrecord", [example(one) for one in records])
    assert [row.values for row in read(path, ["name", "file"])] == [
        {"name": "größer", "file": b"\x89PNG"}, {"name": "b", "file": b"plain"},
    ]  # fmt: skip


def test_floats_have_the_digits_of_their_precision(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path / "x.tfrecord", [example({"a": [0.1], "b": [1.5, 0.2]})]), ["a", "b"])
    assert row.values == {"a": 0.1, "b": [1.5, 0.2]}
    assert cell_to_text(row.values["a"]) == "0.1"


@pytest.mark.parametrize(("size", "most"), [(40, None), (2**62, 7), (100, 3)])
def test_ranges_cover_every_record_once(tmp_path: Path, size: int, most: int | None) -> None:
    path = write(tmp_path / "x.tfrecord", simple(50))
    reader = TfrecordReader(path, "x.tfrecord", ["text"])
    ranges = reader.ranges(size, most)
    assert len(ranges) > 1
    rows = [row for part in ranges for row in reader.rows(part)]
    assert [(row.number, row.values["text"], row.unit) for row in rows] == [
        (number + 1, f"text {number}", "record") for number in range(50)
    ]


def test_compressed_file_is_one_range(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tfrecord", simple(50), "GZIP")
    assert TfrecordReader(path, "x", ["text"]).ranges(40, 3) == [RowRange("x")]


def test_record_with_a_wrong_checksum_is_rejected_and_the_others_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tfrecord", simple(3))
    data = bytearray(path.read_bytes())
    data[data.index(b"text 1")] ^= 1
    path.write_bytes(data)
    rows = read(path, ["text"])
    assert [row.rejection is None for row in rows] == [True, False, True]
    assert rows[1].rejection is not None
    assert rows[1].rejection.detail == "the checksum of the record is wrong"


@pytest.mark.parametrize(
    ("record", "detail"),
    [
        (b"\xff\xff\xff", "the record is no tf.train.Example"),
        (
            tf.train.SequenceExample(
                feature_lists=tf.train.FeatureLists(feature_list={"a": tf.train.FeatureList(feature=[feature([1])])})
            ).SerializeToString(),
            "the record is a tf.train.SequenceExample; expected a tf.train.Example",
        ),
    ],
)
def test_record_of_another_message_is_rejected(tmp_path: Path, record: bytes, detail: str) -> None:
    rows = read(write(tmp_path / "x.tfrecord", [*simple(1), record]), ["text"])
    assert rows[1].rejection is not None
    assert rows[1].rejection.detail == detail


@pytest.mark.parametrize("cut", [1, 20])
def test_file_that_ends_within_a_record_is_refused(tmp_path: Path, cut: int) -> None:
    path = write(tmp_path / "x.tfrecord", simple(3))
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DataError, match=r"x\.tfrecord ends within record 3; copy the file again"):
        read(path, ["text"])


@pytest.mark.parametrize("content", [b"not a record at all", b"short", zlib.compress(b"text"), b"\x1f\x8b broken"])
def test_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tfrecord").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.tfrecord"):
        read(tmp_path / "x.tfrecord", ["text"])


def test_missing_feature_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tfrecord", simple(3))
    with pytest.raises(
        MissingColumnError, match=r"has no column 'txt'.*its columns are: label, text\. Is 'text' meant"
    ):
        read(path, ["txt"])


def test_file_without_records_has_no_rows(tmp_path: Path) -> None:
    assert read(write(tmp_path / "x.tfrecord", []), ["text"]) == []


@pytest.mark.parametrize(
    "name", ["a.tfrecord", "a.tfrecords", "a.TFREC", "a.tfrecord.gz", "train.tfrecord-00000-of-00010"]
)
def test_names_of_tfrecord_files_are_known(name: str) -> None:
    assert format_from_name(name) == "tfrecord"


def test_file_of_another_name_is_known_by_its_first_record(tmp_path: Path) -> None:
    path = write(tmp_path / "part-00000-of-00002", simple(3))
    assert detect_format(str(path)) == "tfrecord"
    assert isinstance(open_reader(path, path.name, "tfrecord", ["text"], ReaderOptions()), TfrecordReader)


def test_checksum_is_that_of_the_format() -> None:
    """RFC 3720, appendix B.4: the CRC-32C of 32 bytes of 0 is 0x8a9136aa; TFRecord rotates it and adds a constant."""
    crc = 0x8A9136AA
    assert masked_checksum(bytes(32)) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
