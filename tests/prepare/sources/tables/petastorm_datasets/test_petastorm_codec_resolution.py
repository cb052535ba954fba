"""A data set that Petastorm materialised is prepared as the images or texts that it holds, on every set of engines."""

import builtins
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql.types import IntegerType, StringType

from headrace.config import Configuration
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.job import prepare
from headrace.prepare.sources.tables.petastorm_datasets.petastorm_codec_resolution import FILE
from headrace.storage import locate
from headrace.table import read
from headrace.table.rejects_and_duplicates_reader import read_rejects
from tests.prepare.sources.test_bucket_sources import upload
from tests.support.petastorm_data import (
    CompressedImageCodec,
    CompressedNdarrayCodec,
    NdarrayCodec,
    ScalarCodec,
    Unischema,
    UnischemaField,
    array_bytes,
    pickle_schema,
    write_data_set,
    write_metadata,
)
from tests.support.raw_images import SMALL, encode_image, noise_image, read_rows

pytestmark = pytest.mark.usefixtures("spark")

CELLS: dict[str, tuple[Any, Callable[[np.ndarray[Any, Any]], bytes]]] = {
    "png": (CompressedImageCodec("png"), lambda pixels: encode_image(PIL.Image.fromarray(pixels))),
    "ndarray": (NdarrayCodec(), array_bytes),
    "compressed_ndarray": (CompressedNdarrayCodec(), lambda pixels: array_bytes(pixels, compressed=True)),
}
CLASSES = ("01", "02")


def make_pixels(number: int) -> np.ndarray[Any, Any]:
    return np.asarray(noise_image(8, 8, channels=1, seed=number))


def make_schema(codec: Any, dtype: Any = np.uint8, shape: tuple[int | None, ...] = (8, 8)) -> Any:
    return Unischema(
        "Photos",
        [
            UnischemaField("number", np.int32, (), ScalarCodec(IntegerType()), False),
            UnischemaField("photo", dtype, shape, codec, True),
            UnischemaField("animal", np.str_, (), ScalarCodec(StringType()), True),
        ],
    )


def rows_with(encode: Callable[[np.ndarray[Any, Any]], bytes], count: int = 24) -> list[dict[str, Any]]:
    return [{"number": n, "photo": encode(make_pixels(n)), "animal": CLASSES[n % 2]} for n in range(count)]


def data_set(folder: Path, cells: str = "png", partition: str | None = None) -> Path:
    codec, encode = CELLS[cells]
    return write_data_set(folder, make_schema(codec), rows_with(encode), partition)


def configured(path: Path | str, table: Path, source: dict[str, Any] | None = None, **settings: Any) -> Configuration:
    columns = {"input": "photo", "label": "animal", "identity": "number"}
    tree = {"kind": "petastorm", "path": str(path), "columns": columns} | (source or {})
    return Configuration.model_validate(
        {
            "data": {"source": tree, "table": str(table)},
            "prepare": SMALL | settings,
            "model": {"file": "unused.py"},
            "train": {"run": "unused"},
        }
    )


def require_all(table: Path, numbers: range = range(24)) -> None:
    version = read(table)
    assert version.contract.classes == CLASSES
    found = {int(row["path"].rpartition("/")[2]): row for row in read_rows(version)}
    assert sorted(found) == list(numbers)
    for number, row in found.items():
        assert row["image"] == make_pixels(number).tobytes()
        assert version.contract.classes[row["label"]] == CLASSES[number % 2]


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("partition", [None, "animal"])
def test_pixels_and_classes_are_those_of_the_data_set(tmp_path: Path, cells: str, partition: str | None) -> None:
    raw = data_set(tmp_path / "raw", cells, partition)
    settings = configured(raw, tmp_path / "table")
    assert prepare(settings)["rows_in"] == 24
    require_all(tmp_path / "table")
    assert prepare(settings)["changed"] is False


@pytest.mark.parametrize("partition", [None, "animal"])
def test_data_set_in_a_bucket_is_read_like_a_local_one(bucket: str, tmp_path: Path, partition: str | None) -> None:
    data_set(tmp_path / "raw", "ndarray", partition)
    prepare(configured(upload(tmp_path / "raw", bucket), tmp_path / "table"))
    require_all(tmp_path / "table")


@pytest.mark.parametrize("in_bucket", [False, True])
def test_names_of_folders_are_text_as_spark_escapes_it(bucket: str, tmp_path: Path, in_bucket: bool) -> None:
    """A folder may stand for no value; what a job left unfinished is none of the data."""
    folders = ("01", "a%2Fb", "__HIVE_DEFAULT_PARTITION__")
    rows = [row | {"animal": folders[row["number"] % 3]} for row in rows_with(CELLS["png"][1])]
    raw = write_data_set(tmp_path / "raw", make_schema(CompressedImageCodec("png")), rows, "animal")
    (raw / "_temporary" / "0").mkdir(parents=True)
    (raw / "_temporary" / "0" / "part-00000.snappy.parquet").write_bytes(b"unfinished")
    path = upload(raw, bucket) if in_bucket else raw
    answer = prepare(configured(path, tmp_path / "table", max_rejects=0.5))
    assert (answer["written"], answer["rejects"]) == (16, {"no_label": 8})
    assert read(tmp_path / "table").contract.classes == ("01", "a/b")


def test_later_files_are_prepared_alone(tmp_path: Path) -> None:
    raw = data_set(tmp_path / "raw")
    prepare(configured(raw, tmp_path / "table"))
    before = {shard.path for shard in read(tmp_path / "table").shards}
    more = rows_with(CELLS["png"][1], 48)[24:]
    pq.write_table(pa.Table.from_pylist(more), raw / "part-00009.snappy.parquet")
    prepare(configured(raw, tmp_path / "table"))
    require_all(tmp_path / "table", range(48))
    assert before < {shard.path for shard in read(tmp_path / "table").shards}


def test_cells_that_cannot_be_read_are_rejected_with_a_reason(tmp_path: Path) -> None:
    rows = rows_with(CELLS["ndarray"][1])
    good = rows[2]["photo"]
    cells = [b"", b"no array", good[:-5], None, array_bytes(np.zeros((8, 8), np.float32)), good]
    for number, cell in enumerate(cells, 24):
        rows.append({"number": number, "photo": cell, "animal": None if cell is good else "01"})
    write_data_set(tmp_path / "raw", make_schema(NdarrayCodec()), rows)
    answer = prepare(configured(tmp_path / "raw", tmp_path / "table", max_rejects=0.5))
    require_all(tmp_path / "table")
    assert answer["rejects"] == {"damaged": 3, "empty": 1, "not_an_image": 1, "no_label": 1}
    details = {int(one.path.rpartition("/")[2]): one.detail for one in read_rejects(tmp_path / "table", 0, 9)}
    assert details[26] == "the cell is not a NumPy array: it ends after 59 of 64 bytes"
    assert details[27] == "the column photo is empty"


def test_limits_on_pixels_hold_for_arrays(tmp_path: Path) -> None:
    raw = data_set(tmp_path / "raw", "ndarray")
    image = SMALL["image"] | {"max_pixels": 63}
    with pytest.raises(DataError, match="too_many_pixels: 24"):
        prepare(configured(raw, tmp_path / "table", image=image))


def test_texts_and_numbers_are_read(tmp_path: Path) -> None:
    schema = Unischema(
        "Reviews",
        [UnischemaField("review", np.str_, ()), UnischemaField("stars", np.int32, (), ScalarCodec(IntegerType()))],
    )
    rows = [{"review": f"text number {number} of some", "stars": number % 3} for number in range(30)]
    write_data_set(tmp_path / "raw", schema, rows)
    source = {"columns": {"input": "review", "label": "stars"}}
    prepare(configured(tmp_path / "raw", tmp_path / "table", source, input="text"))
    version = read(tmp_path / "table")
    assert (version.contract.classes, len(read_rows(version))) == (("0", "1", "2"), 30)
    assert version.summary.source["text_column"] == "review"


def refusal(kind: type[Exception], path: Path, source: dict[str, Any] | None = None, **settings: Any) -> str:
    with pytest.raises(kind) as refused:
        prepare(configured(path, path.parent / "table", source, **settings))
    assert "\n" not in str(refused.value)
    assert not (path.parent / "table").exists()
    return str(refused.value)


def test_missing_column_is_reported_with_the_existing_ones(tmp_path: Path) -> None:
    raw = data_set(tmp_path / "raw", partition="animal")
    told = refusal(ConfigurationError, raw, {"columns": {"input": "image", "label": "animal"}})
    assert told == f"{raw} has no field 'image'; the fields of its schema are: number, photo, animal."
    told = refusal(ConfigurationError, raw, {"columns": {"input": "Photo", "label": "animal"}})
    assert told.endswith("are: number, photo, animal. Is 'photo' meant?")
    told = refusal(ConfigurationError, raw, {"columns": {"input": "photo", "label": "kind"}})
    assert told == f"{raw} has no column 'kind'; its columns are: number, photo, animal."


def test_array_that_is_not_an_image_is_refused_before_reading(tmp_path: Path) -> None:
    floats = write_data_set(tmp_path / "1" / "raw", make_schema(NdarrayCodec(), np.float32), rows_with(array_bytes))
    assert "holds arrays of float32 (8, 8); expected images" in refusal(ConfigurationError, floats)
    planes = make_schema(NdarrayCodec(), shape=(3, 8, 8))
    first = write_data_set(tmp_path / "2" / "raw", planes, rows_with(array_bytes))
    assert "holds arrays of uint8 (3, 8, 8); expected images" in refusal(ConfigurationError, first)
    photos = data_set(tmp_path / "3" / "raw")
    assert "codec image; with prepare.input text" in refusal(ConfigurationError, photos, input="text")
    numbers = {"columns": {"input": "number", "label": "animal"}}
    assert "'number' of" in refusal(ConfigurationError, photos, numbers)
    labels = {"columns": {"input": "photo", "label": "photo"}}
    assert "holds images or arrays; expected numbers or text" in refusal(ConfigurationError, photos, labels)


def test_settings_name_the_codec_without_a_schema(tmp_path: Path) -> None:
    raw = data_set(tmp_path / "raw", "ndarray")
    (raw / FILE).unlink()
    told = refusal(ConfigurationError, raw)
    assert "has no schema of Petastorm's in _common_metadata; set in data.source.codecs what the column 'photo'" in told
    prepare(configured(raw, tmp_path / "table", {"codecs": {"photo": "ndarray"}}))
    require_all(tmp_path / "table")


class Payload:
    """Unpickled, it writes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return builtins.exec, (f"open({str(self.file)!r}, 'w').close()",)


def test_malicious_schema_is_refused_and_never_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    raw = data_set(tmp_path / "raw")
    stored = pq.read_schema(next(raw.glob("*.parquet")))
    write_metadata(raw, stored, pickle_schema(Payload(tmp_path / "ran")))
    told = refusal(ConfigurationError, raw)
    assert "holds a call of builtins.exec, and Headrace does not unpickle it; set in data.source.codecs" in told
    with caplog.at_level(logging.WARNING):
        prepare(configured(raw, tmp_path / "table", {"codecs": {"photo": "image"}}))
    assert "holds a call of builtins.exec" in caplog.text
    require_all(tmp_path / "table")
    assert not (tmp_path / "ran").exists()


def test_custom_codec_is_described_by_settings(tmp_path: Path) -> None:
    raw = data_set(tmp_path / "raw", "ndarray")
    stored = pq.read_schema(next(raw.glob("*.parquet")))
    pickled = pickle_schema(make_schema(NdarrayCodec()), 2).replace(
        b"petastorm.codecs\nNdarrayCodec", b"ours\nOwnCodec"
    )
    write_metadata(raw, stored, pickled)
    assert "written by the codec ours.OwnCodec, which Headrace does not know; set in" in refusal(
        ConfigurationError, raw
    )
    prepare(configured(raw, tmp_path / "table", {"codecs": {"photo": "ndarray"}}))
    require_all(tmp_path / "table")


def test_settings_override_the_schema_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    raw = write_data_set(tmp_path / "raw", make_schema(CompressedImageCodec("png")), rows_with(array_bytes))
    with caplog.at_level(logging.WARNING):
        prepare(configured(raw, tmp_path / "table", {"codecs": {"photo": "ndarray"}}))
    (said,) = [one.getMessage() for one in caplog.records if "photo" in one.getMessage()]
    assert said.endswith("is read as ndarray, as set in data.source.codecs; its schema names CompressedImageCodec.")
    require_all(tmp_path / "table")


@pytest.mark.parametrize("name", [FILE, "part-00000.snappy.parquet"])
def test_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    raw = data_set(tmp_path / "raw")
    (raw / name).write_bytes(b"no parquet at all")
    assert name in refusal(DataError, raw)


def test_damaged_file_in_a_bucket_is_named(bucket: str, tmp_path: Path) -> None:
    root = upload(data_set(tmp_path / "raw"), bucket)
    locate(f"{root}/{FILE}").write_bytes(b"no parquet at all")
    with pytest.raises(DataError, match=f"{FILE} cannot be read as parquet"):
        prepare(configured(root, tmp_path / "table"))


def test_kind_table_refuses_arrays_and_accepts_images(tmp_path: Path) -> None:
    columns = {"input": "photo", "label": "animal", "content": "bytes", "identity": "number"}
    plain = {"kind": "table", "columns": columns}
    arrays = data_set(tmp_path / "1" / "raw", "ndarray")
    assert "its column 'photo' was written by NdarrayCodec; set data.source.kind to petastorm" in refusal(
        ConfigurationError, arrays, plain
    )
    images = data_set(tmp_path / "2" / "raw")
    prepare(configured(images, tmp_path / "table", plain))
    require_all(tmp_path / "table")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({"columns": None}, "`columns` is required by the kinds table and petastorm"),
        ({"columns": {"input": "photo", "content": "bytes"}}, "`columns.content` is accepted by the kind table only"),
        ({"codecs": {"other": "image"}}, "`codecs` names 'other', which is not one of `columns`"),
        ({"codecs": {"photo": "png"}}, "'image', 'ndarray', 'compressed_ndarray' or 'scalar'"),
        ({"format": "orc"}, "`format` is accepted by the kind table only"),
        ({"options": {"mergeSchema": True}}, "`options` is accepted by the kind table only"),
        ({"kind": "table", "codecs": {"photo": "image"}}, "`codecs` is accepted by the kind petastorm only"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(tmp_path: Path, source: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        configured("raw", tmp_path / "table", source)


def test_windows_need_the_kind_table(tmp_path: Path) -> None:
    windows = {"values": ["number"], "time": "number", "length": 2, "horizon": 1, "every_seconds": 1}
    with pytest.raises(ValueError, match="expected `data.source.kind: table`"):
        configured("raw", tmp_path / "table", input="windows", windows=windows, splits={"method": "time"})
