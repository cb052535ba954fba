"""A conversion is complete or leaves nothing, changes no other folder, and imports TensorFlow for TFRecord only."""

import json
import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headrace
from headrace.convert import job, webdataset_tars
from headrace.convert.conversion import FormatInterface
from headrace.convert.fields_and_rows import rows_at_once
from headrace.convert.job import FORMATS, convert
from headrace.errors import ConfigurationError, DataError
from headrace.features.tabular.vocabulary_encoding import save_vocabulary
from headrace.table import Version
from tests.support.commands import headrace_within, run
from tests.support.protocols import require_protocol
from tests.support.small_table import Content, some_rows, write_table
from tests.support.tables_of_every_kind import ONE, arrays, table_of_images, targets, write_rows

FORMATS_WITHOUT_TENSORFLOW = ["webdataset", "huggingface"]
# Sends itself SIGINT when the first row is about to be written.
INTERRUPTED = """
import os, signal, sys
from headrace.convert import webdataset_tars

def write(path, rows):
    path.write_bytes(b"begun")
    os.kill(os.getpid(), signal.SIGINT)
    import time
    time.sleep(20)

webdataset_tars._write_tar = write
from headrace.cli import main
main(["convert", "table", "out", "--format", "webdataset"])
"""


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A table of two splits."""
    content = Content(splits={"train": some_rows(12), "test": some_rows(5)})
    return write_table(tmp_path_factory.mktemp("convert") / "table", content)


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("format", FORMATS_WITHOUT_TENSORFLOW)
def test_command_converts_all_splits_and_prints_what_it_wrote(version: Version, format: str, tmp_path: Path) -> None:
    result = headrace_within("convert", str(version.table), "out", "--format", format, cwd=tmp_path)
    found = result.json
    assert (found["output"], found["format"], found["version"]) == (str(tmp_path / "out"), format, 0)
    assert (found["rows"], found["files"]) == ({"train": 12, "test": 5}, 2)
    files = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert found["bytes"] == sum(file.stat().st_size for file in files)
    assert f"{format}: 2 files of" in result.stderr
    assert "rows: train 12, test 5" in result.stderr


@pytest.mark.parametrize("format", FORMATS_WITHOUT_TENSORFLOW)
def test_method_of_a_table_converts_one_split(version: Version, format: str, tmp_path: Path) -> None:
    found = headrace.read(version.table).convert(str(tmp_path / "out"), format, split="test")
    assert found["rows"] == {"test": 5}
    assert not list((tmp_path / "out").rglob("train*"))


def test_version_of_the_command_is_converted(version: Version, tmp_path: Path) -> None:
    words = ("convert", str(version.table), "out", "--format", "webdataset", "--version", "7")
    assert "has no version 7" in headrace_within(*words, cwd=tmp_path, code=3).stderr
    assert list_names(tmp_path) == []


def test_output_that_exists_is_refused_at_once_and_unchanged(
    version: Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(job, "_write_splits")
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("out", "link"):
        words = ("convert", str(version.table), name, "--format", "huggingface")
        assert "already exists; name a new folder" in headrace_within(*words, cwd=tmp_path, code=2).stderr
    assert list_names(tmp_path) == ["link", "out"]
    assert list_names(tmp_path / "out") == []


@pytest.mark.parametrize("output", ["s3://bucket/out", "s3a://bucket/out", "hdfs://host/out", "gs://bucket/out"])
def test_address_as_output_is_refused(
    version: Version, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="is an address; expected a folder of this machine"):
        convert(version, output, "webdataset")
    assert list_names(tmp_path) == []


def test_unknown_formats_and_splits_are_refused(version: Version, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'tar' is not known; expected one of tfrecord, webdataset, huggingf"):
        convert(version, tmp_path / "out", "tar")
    with pytest.raises(DataError, match="has no split 'val'; it has: train, test"):
        convert(version, tmp_path / "out", "webdataset", "val")
    assert list_names(tmp_path) == []


@pytest.mark.parametrize("format", FORMATS_WITHOUT_TENSORFLOW)
def test_damaged_shard_is_refused_and_nothing_is_left(format: str, tmp_path: Path) -> None:
    version, _, _ = table_of_images(tmp_path / "table", "classification", [5, 5])
    last = version.table / version.split("train")[-1].path
    data = bytearray(last.read_bytes())
    data[len(data) // 2] ^= 1
    last.write_bytes(data)
    with pytest.raises(DataError, match="was changed after it was written"):
        convert(version, tmp_path / "new" / "out", format)
    assert list_names(tmp_path) == ["table"]


def test_full_disk_is_reported_with_the_output_and_nothing_is_left(
    version: Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: Path, rows: Any) -> None:
        path.write_bytes(b"begun")
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(webdataset_tars, "_write_tar", write)
    words = ("convert", str(version.table), "out", "--format", "webdataset")
    shown = headrace_within(*words, cwd=tmp_path, code=1).stderr
    assert "out" in shown
    assert "free disk space" in shown
    assert list_names(tmp_path) == []


def test_interrupted_conversion_leaves_nothing(tmp_path: Path) -> None:
    write_table(tmp_path / "table", Content(splits={"train": some_rows(12)}))
    done = run([sys.executable, "-c", INTERRUPTED], cwd=tmp_path, code=128 + signal.SIGINT)
    assert "Traceback" not in done.stderr
    assert list_names(tmp_path) == ["table"]


def test_output_that_appears_meanwhile_is_kept(
    version: Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = webdataset_tars.write_description

    def write_description(*arguments: Any) -> None:
        original(*arguments)
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "mine").touch()

    monkeypatch.setattr(webdataset_tars, "write_description", write_description)
    with pytest.raises(ConfigurationError, match="already exists"):
        convert(version, tmp_path / "out", "webdataset")
    assert list_names(tmp_path / "out") == ["mine"]
    assert list_names(tmp_path) == ["out"]


@pytest.mark.parametrize("format", FORMATS_WITHOUT_TENSORFLOW)
def test_module_of_a_format_has_the_functions_of_the_interface(format: str) -> None:
    require_protocol(import_module(FORMATS[format]), FormatInterface)


@pytest.mark.parametrize("format", FORMATS_WITHOUT_TENSORFLOW)
def test_only_tfrecord_imports_tensorflow(version: Version, format: str, tmp_path: Path) -> None:
    code = f"""
import sys, headrace
headrace.read({str(version.table)!r}).convert("out", {format!r})
print([name for name in ("tensorflow", "keras") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_columns_that_would_have_one_name_are_refused(tmp_path: Path) -> None:
    random, table = np.random.default_rng(0), tmp_path / "table"
    table.mkdir()
    row = arrays((1,), "float32", 3, random)
    spec = save_vocabulary(("label_index",), ONE, {}, table)
    version = write_rows(
        table, "classification", {"row": row}, {"row": spec}, targets("classification", 3, random), [3]
    )
    for format in FORMATS:
        with pytest.raises(ConfigurationError, match="two columns named 'label_index'"):
            convert(version, tmp_path / "out", format)
    (tmp_path / "numbers").mkdir()
    numbers = write_rows(
        tmp_path / "numbers",
        "regression",
        {"row": row},
        {"row": save_vocabulary(("label_index",), ONE, {}, tmp_path / "numbers")},
        targets("regression", 3, random),
        [3],
    )
    assert convert(numbers, tmp_path / "out", "webdataset")["rows"] == {"train": 3}


def test_rows_of_large_inputs_are_converted_a_few_at_once(tmp_path: Path) -> None:
    version, _, _ = table_of_images(tmp_path / "table", "mask", [2])
    assert rows_at_once(version.contract) == 1000
    columns = dict(version.contract.columns)
    columns["image"] = columns["image"].model_copy(update={"shape": (4096, 4096, 3)})
    assert rows_at_once(version.contract.model_copy(update={"columns": columns})) == 2


def test_features_json_is_the_same_of_a_table_with_a_relative_path(
    version: Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(version.table.parent)
    convert(headrace.read("table")._version, tmp_path / "out", "webdataset")
    assert json.loads((tmp_path / "out" / "features.json").read_text())["table"] == str(version.table)
