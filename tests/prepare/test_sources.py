"""The same images from every kind of source become the same rows."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from headrace.config import Configuration
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.job import prepare
from headrace.prepare.labels.class_discovery import _require_class_names
from headrace.table import read
from headrace.table.rejects_and_duplicates_reader import read_rejects
from tests.prepare.sources.archives.test_archive_source import pack
from tests.prepare.sources.test_idx_and_cifar import write_idx
from tests.support.raw_images import SMALL, read_rows, write_source

pytestmark = pytest.mark.usefixtures("spark")

CLASSES = ("cat", "dog")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Two class folders of twelve images each."""
    return write_source(tmp_path / "raw")


def source_configuration(table: Path, source: dict[str, Any], **prepare_section: Any) -> Configuration:
    return Configuration.model_validate(
        {
            "data": {"source": source, "table": str(table)},
            "prepare": SMALL | prepare_section,
            "model": {"file": "unused.py"},
            "train": {"run": "unused"},
        }
    )


def row_contents(table: Path) -> set[tuple[str, str, bytes]]:
    """Return (hash, class, pixels) of every row, which does not depend on the kind of source."""
    version = read(table)
    return {(row["content_hash"], version.contract.classes[row["label"]], row["image"]) for row in read_rows(version)}


def expected(raw: Path) -> set[tuple[str, bytes]]:
    """Return (class, pixels) of every image file."""
    return {(file.parent.name, np.asarray(PIL.Image.open(file)).tobytes()) for file in raw.glob("*/*.png")}


def require_all(table: Path, raw: Path) -> None:
    assert {(name, pixels) for _, name, pixels in row_contents(table)} == expected(raw)
    assert len(read_rows(read(table))) == 24


def write_rows(folder: Path, kind: str, rows: list[dict[str, Any]]) -> Path:
    """Write `rows` as a table of one file in a format of Spark, and return its folder."""
    folder.mkdir(parents=True)
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), folder / "part-0.parquet")
    elif kind == "json":
        (folder / "part-0.json").write_text("\n".join(json.dumps(row) for row in rows))
    else:
        out = io.StringIO()
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        (folder / "part-0.csv").write_text(out.getvalue())
    (folder / "_SUCCESS").touch()
    return folder


def test_labels_file_source(raw: Path, table: Path) -> None:
    lines = [f"{file.relative_to(raw)},{file.parent.name},train" for file in sorted(raw.glob("*/*.png"))]
    (raw / "labels.csv").write_text("\n".join(["path,label,split", *lines, "gone.png,cat,train", "../x.png,dog,train"]))
    result = prepare(source_configuration(table, {"path": str(raw), "labels": "labels.csv"}, max_rejects=0.1))
    require_all(table, raw)
    assert result["rejects"] == {"missing_file": 2}
    assert {shard.split for shard in read(table).shards} == {"train"}


@pytest.mark.parametrize("name", ["images.tar.gz", "images.zip"])
def test_archive_source(raw: Path, tmp_path: Path, table: Path, name: str) -> None:
    members = {str(file.relative_to(raw)): file.read_bytes() for file in sorted(raw.glob("*/*.png"))}
    archive = pack(tmp_path / name, members | {"../cat/out.png": b"x", "cat/broken.png": b"text"})
    result = prepare(source_configuration(table, {"kind": "archive", "path": str(archive)}, max_rejects=0.1))
    require_all(table, raw)
    assert result["rejects"] == {"not_an_image": 1, "unsafe_name": 1}
    assert result["rows_in"] == 26
    assert read_rows(read(table))[0]["path"] == f"{name}/cat/000.png"


def test_webdataset_source_maps_class_names(raw: Path, tmp_path: Path, table: Path) -> None:
    for split in ("train", "test"):
        members: dict[str, bytes] = {}
        for file in sorted(raw.glob("*/*.png"))[split == "test" :: 2]:
            members[f"{file.parent.name}{file.stem}.png"] = file.read_bytes()
            members[f"{file.parent.name}{file.stem}.cls"] = str(CLASSES.index(file.parent.name)).encode()
        pack(tmp_path / "shards" / f"{split}-000.tar", members)
    source = {"kind": "archive", "path": str(tmp_path / "shards"), "class_names": {0: "cat", 1: "dog"}}
    prepare(source_configuration(table, source))
    require_all(table, raw)
    assert {split: sum(names.values()) for split, names in read(table).summary.counts.items()} == {
        "test": 12,
        "train": 12,
    }


def test_damaged_archives_count_against_max_rejects(raw: Path, tmp_path: Path, table: Path) -> None:
    members = {str(file.relative_to(raw)): file.read_bytes() for file in sorted(raw.glob("*/*.png"))}
    archive = pack(tmp_path / "images.tar", members)
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size * 9 // 10 - 10_000])
    with pytest.raises(DataError, match=r"damaged_archive: 1\) and 1 of 1 archives are damaged"):
        prepare(source_configuration(table, {"kind": "archive", "path": str(archive)}, max_rejects=0.2))


def test_what_is_lost_of_archives_and_of_their_splits_is_warned_of(
    raw: Path, tmp_path: Path, table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = sorted(raw.glob("*/*.png"))
    folders = ["train/cat", "train/dog", "test/cat", "test/fox", "test/fox/small"]
    names = [f"{folders[number % 5]}/{number}.png" for number in range(20)]
    archive = pack(tmp_path / "images.tar", {name: files[number].read_bytes() for number, name in enumerate(names)})
    archive.write_bytes(archive.read_bytes() + b"no tar")
    prepare(source_configuration(table, {"kind": "archive", "path": str(archive)}, max_rejects=1))
    for warning in (
        "1 archive is damaged or cut off",
        "The folder 'fox/small' lies in the folder 'fox'",
        "2 classes have no record in the training split, so that no model learns them: 'fox' (4 in test)",
        "1 class has no record in the test split, so that nothing measures them: 'dog' (4 in train)",
    ):
        assert warning in caplog.text


def test_idx_source(raw: Path, tmp_path: Path, table: Path) -> None:
    files = sorted(raw.glob("*/*.png"))
    pixels = np.stack([np.asarray(PIL.Image.open(file)) for file in files])
    labels = np.array([CLASSES.index(file.parent.name) for file in files], np.uint8)
    write_idx(tmp_path / "idx" / "train-images-idx3-ubyte.gz", pixels)
    write_idx(tmp_path / "idx" / "train-labels-idx1-ubyte.gz", labels)
    names = {"0": "cat", "1": "dog"}
    prepare(source_configuration(table, {"kind": "idx", "path": str(tmp_path / "idx"), "class_names": names}))
    require_all(table, raw)


@pytest.mark.parametrize("content", ["bytes", "paths"])
def test_parquet_source_of_images(raw: Path, tmp_path: Path, table: Path, content: str) -> None:
    files = sorted(raw.glob("*/*.png"))
    rows = [{"it": file.read_bytes() if content == "bytes" else str(file), "y": file.parent.name} for file in files]
    rows += [{"it": None, "y": "cat"}, {"it": rows[0]["it"], "y": None}]
    folder = write_rows(tmp_path / "rows", "parquet", rows)
    columns = {"input": "it", "content": content, "label": "y"}
    settings = source_configuration(table, {"kind": "table", "path": str(folder), "columns": columns}, max_rejects=0.1)
    result = prepare(settings)
    require_all(table, raw)
    assert result["rejects"] == {"empty": 1, "no_label": 1}
    assert prepare(settings)["changed"] is False


@pytest.mark.parametrize(("kind", "options"), [("csv", {"header": True}), ("json", {})])
def test_csv_and_json_sources_of_paths(
    raw: Path, tmp_path: Path, table: Path, kind: str, options: dict[str, Any]
) -> None:
    files = sorted(raw.glob("*/*.png"))
    rows = [
        {"file": str(file), "y": file.parent.name, "part": "test" if number % 2 else "train", "id": f"no {number}"}
        for number, file in enumerate(files)
    ]
    rows.append({"file": str(tmp_path / "gone.png"), "y": "cat", "part": "train", "id": "gone"})
    rows.append({"file": str(files[0]), "y": "cat", "part": "holdout", "id": "elsewhere"})
    folder = write_rows(tmp_path / "rows", kind, rows)
    columns = {"input": "file", "content": "paths", "label": "y", "split": "part", "identity": "id"}
    source = {"kind": "table", "format": kind, "path": str(folder), "columns": columns, "options": options}
    prepare(source_configuration(table, source, max_rejects=0.1))
    require_all(table, raw)
    version = read(table)
    assert {row["path"] for row in read_rows(version)} == {f"part-0.{kind}/no {number}" for number in range(24)}
    assert all((row["split"] == "test") == (int(row["path"].split()[1]) % 2) for row in read_rows(version))
    rejects = {reject.path.split("/")[1]: reject.reason for reject in read_rejects(table, 0, 9)}
    assert rejects == {"gone": "missing_file", "elsewhere": "bad_split"}


def test_table_source_with_regression_target(raw: Path, table: Path) -> None:
    lines = [f"{file.relative_to(raw)},{number / 4}" for number, file in enumerate(sorted(raw.glob("*/*.png")))]
    lines[3] = f"{lines[3].split(',')[0]},many"
    (raw / "labels.csv").write_text("\n".join(["path,label", *lines]))
    settings = source_configuration(table, {"path": str(raw), "labels": "labels.csv"}, task="regression")
    assert prepare(settings)["rejects"] == {"bad_label": 1}
    version = read(table)
    assert (version.contract.task, version.contract.classes) == ("regression", ())
    assert version.contract.columns["label"].dtype == "float32"
    assert sorted(row["label"] for row in read_rows(version)) == [number / 4 for number in range(24) if number != 3]
    assert sum(names["all"] for names in version.summary.counts.values()) == 23


def test_regression_labels_that_are_equal_in_32_bits_are_refused(raw: Path, table: Path) -> None:
    files = sorted(raw.glob("*/*.png"))
    lines = [f"{file.relative_to(raw)},{1_700_000_000 + number}" for number, file in enumerate(files)]
    (raw / "labels.csv").write_text("\n".join(["path,label", *lines]))
    settings = source_configuration(table, {"path": str(raw), "labels": "labels.csv"}, task="regression")
    with pytest.raises(DataError, match="Of 24 different labels, from 1700000000 to 1700000023, 23 become equal"):
        prepare(settings)
    assert not (table / "_delta_log").exists()


def test_jdbc_source(spark: SparkSession, raw: Path, tmp_path: Path, table: Path) -> None:
    """Uses Derby, the database that is part of Spark."""
    rows = [(file.read_bytes(), file.parent.name, file.stem) for file in sorted(raw.glob("*/*.png"))]
    driver = {"driver": "org.apache.derby.iapi.jdbc.AutoloadedDriver", "dbtable": "images"}
    url = f"jdbc:derby:{tmp_path / 'database'}"
    frame = spark.createDataFrame(rows, "image binary, animal string, name string").selectExpr("*", "image photo")
    frame.write.format("jdbc").options(url=f"{url};create=true", **driver).save()
    columns = {"input": "image", "label": "animal", "identity": "name", "content": "bytes"}
    source = {"kind": "table", "format": "jdbc", "path": url, "columns": columns, "options": driver}
    assert prepare(source_configuration(table, source))["version"] == 0
    require_all(table, raw)
    # A database does not reveal whether it has changed.
    assert prepare(source_configuration(table, source))["version"] == 1
    require_all(table, raw)
    with pytest.raises(ConfigurationError, match="'photo' of jdbc:derby:.* holds binary; expected numbers or text"):
        prepare(source_configuration(table, source | {"columns": columns | {"label": "photo"}}))
    gone = source | {"options": driver | {"dbtable": "nothing"}}
    with pytest.raises(DataError, match="Spark cannot read jdbc:derby:.* as jdbc: .*NOTHING.* does not exist"):
        prepare(source_configuration(table, gone))


def test_table_without_a_readable_record_reports_why(tmp_path: Path, table: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"it": "\\ud83d", "label": "x"}\n' * 3)
    source = {"kind": "table", "format": "json", "path": str(tmp_path / "a.jsonl"), "columns": {"input": "it"}}
    said = r"3 of 3 records were rejected \(not_text: 3, such as 'a\.jsonl/line 1': line 1 holds half of a"
    with pytest.raises(DataError, match=said):
        prepare(source_configuration(table, source, input="text"))


def test_invalid_table_sources_are_refused_in_one_line(tmp_path: Path, table: Path) -> None:
    folder = write_rows(tmp_path / "rows", "parquet", [{"it": "a", "label": "x"}, {"it": "b", "label": "x"}])

    def refusal(kind: type[Exception], **source: Any) -> str:
        settings = {"kind": "table", "path": str(folder), "columns": {"input": "it"}} | source
        with pytest.raises(kind) as error:
            prepare(source_configuration(table, settings, input="text"))
        assert "\n" not in str(error.value)
        return str(error.value)

    assert "has no column 'nothing', which data.source.columns.input names; its columns are: it, label" in refusal(
        ConfigurationError, columns={"input": "nothing"}
    )
    assert "holds 1 class ('x'); expected from 2" in refusal(DataError)
    assert "cannot be read as orc" in refusal(DataError, format="orc")
    assert "does not exist" in refusal(DataError, path=str(tmp_path / "nowhere"))
    assert "this environment variable is not set" in refusal(
        ConfigurationError, format="jdbc", path="jdbc:derby:memory:none", options={"password": "$HEADRACE_NOT_SET"}
    )
    assert not table.exists()


WINDOWS = {"values": ["it"], "time": "when", "every_seconds": 60, "length": 2, "horizon": 1}


@pytest.mark.parametrize(
    ("prepare_settings", "columns", "missing"),
    [
        ({"input": "text", "text": {"encoding": "utf-16"}}, {"input": "it"}, "label"),
        ({}, {"input": "file", "content": "paths"}, "file"),
        ({"weights": True}, {"input": "it", "content": "paths", "label": "kind", "weight": "heavy"}, "heavy"),
        ({"input": "windows", "task": "regression", "windows": WINDOWS}, {"label": "it"}, "when"),
    ],
)
def test_missing_column_is_reported_before_spark_starts(
    tmp_path: Path,
    table: Path,
    monkeypatch: pytest.MonkeyPatch,
    prepare_settings: dict[str, Any],
    columns: dict[str, str],
    missing: str,
) -> None:
    """Spark takes ten seconds to start; the files' own first lines tell of a misspelt column at once."""
    encoding = prepare_settings.get("text", {}).get("encoding", "utf-8")
    (tmp_path / "rows.csv").write_text("it,kind\n1,x\n2,y\n", encoding)
    monkeypatch.setattr("headrace.prepare.job.session", lambda *_: pytest.fail("Spark was started"))
    source = {"kind": "table", "format": "csv", "path": str(tmp_path / "rows.csv"), "columns": columns}
    settings = {"splits": {"method": "time"}} if "windows" in prepare_settings else {}
    with pytest.raises(
        ConfigurationError, match=f"rows.csv has no column '{missing}', which .* names; its columns are: it, kind"
    ):
        prepare(source_configuration(table, source, **prepare_settings, **settings))


def test_class_names_without_a_label_of_the_source_are_refused_or_get_a_warning(
    raw: Path, table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A name for a class that is not there renames nothing; without a word the classes would keep their labels."""
    source = {"path": str(raw), "class_names": {"tiger": "cat", "wolf": "dog"}}
    with pytest.raises(DataError, match="class_names has 'tiger', 'wolf', and the labels of .* are 'cat', 'dog'"):
        prepare(source_configuration(table, source))
    prepare(source_configuration(table, {"path": str(raw), "class_names": {"cat": "feline", "wolf": "dog"}}))
    assert read(table).contract.classes == ("feline", "dog")
    assert "class_names has 'wolf', and the labels of" in caplog.text


def test_class_names_of_some_of_the_numbers_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    """Of the labels 0, 1 and 2, the last was a class called 2, without a word."""
    _require_class_names({"0": "cat", "1": "dog"}, ["0", "1", "2"], "raw")
    assert "class_names names 2 of the numbers that are labels, and not '2', which keep their numbers" in caplog.text
    caplog.clear()
    _require_class_names({"Cat": "cat"}, ["Cat", "cat", "dog", "7"], "raw")
    _require_class_names({"0": "cat", "1": "dog"}, ["0", "1", "cat"], "raw")
    assert caplog.text == ""
