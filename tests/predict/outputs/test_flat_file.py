"""Predictions in one CSV or JSONL file: the values of the Parquet output, for people, complete or not at all."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest

from headrace.contract import Contract
from headrace.predict.outputs.flat_file import OutputFormat, write_predictions
from headrace.predict.outputs.prediction_part_output import PredictionOutput
from headrace.storage import locate
from tests.predict.conftest import PIXELS
from tests.support.commands import headrace_within
from tests.support.running_training import wait_for
from tests.support.small_disk import small_disk
from tests.support.small_table import CLASSES

pytestmark = [pytest.mark.usefixtures("spark"), pytest.mark.tensorflow]

NASTY = ['a "quoted", name', "two\nlines", "two\r\nlines", "ü;\t|", "", " space ", "=1+1", "\u2028"]
CONTRACT = Contract(columns={}, classes=("coat", 'a "bag"', "boot,\nnew"))


def written(folder: Path, form: OutputFormat, output: PredictionOutput, contract: Contract = CONTRACT) -> bytes:
    """Write `output` as the second part, after one without rows, and return the file."""
    PredictionOutput(lines=[] if output.lines else None, ids=[] if output.ids else None).write(folder, 0, contract)
    output.write(folder, 1, contract)
    write_predictions(folder, folder / "file", form, contract)
    return (folder / "file").read_bytes()


def nasty_output() -> tuple[PredictionOutput, Any]:
    """Return predictions with names that need quotes and probabilities of all sizes, and these probabilities."""
    random = np.random.default_rng(4).random((len(NASTY), 3), np.float32)
    random[0] = (1e-30, np.nextafter(np.float32(1), np.float32(0)), np.float32(1) / 3)
    output = PredictionOutput(paths=NASTY, lines=list(range(1, 9)), ids=NASTY[::-1], batches=[random])
    return output, random


def test_csv_is_read_as_it_was_written_by_python_and_pandas(tmp_path: Path) -> None:
    output, expected = nasty_output()
    written(tmp_path, "csv", output)
    with (tmp_path / "file").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file, strict=True)
    classes = [f"probability_{name}" for name in CONTRACT.classes]
    assert header == ["path", "line", "id", "label", "probability", *classes]
    assert [row[0] for row in rows] == NASTY
    assert [row[2] for row in rows] == NASTY[::-1]
    assert (np.array([row[5:] for row in rows], np.float32) == expected).all()
    assert (np.array([row[4] for row in rows], np.float32) == expected.max(axis=1)).all()
    assert [row[3] for row in rows] == [CONTRACT.classes[number] for number in expected.argmax(axis=1)]
    frame = pd.read_csv(tmp_path / "file", keep_default_na=False)
    assert frame["path"].tolist() == NASTY
    assert (frame[classes].to_numpy(np.float32) == expected).all()


def test_jsonl_has_an_object_of_the_same_columns_on_each_line(tmp_path: Path) -> None:
    output, expected = nasty_output()
    rows = [json.loads(line) for line in written(tmp_path, "jsonl", output).decode().splitlines()]
    assert [(row["path"], row["line"]) for row in rows] == list(zip(NASTY, range(1, 9), strict=True))
    names = [f"probability_{name}" for name in CONTRACT.classes]
    assert (np.array([[row[name] for name in names] for row in rows], np.float32) == expected).all()


def test_labels_of_a_record_are_a_list_and_a_number_is_a_value(tmp_path: Path) -> None:
    many = Contract(columns={}, classes=("a", "b,c"), task="multi_label")
    batch = np.array([[0.75, 0.5], [0.1, 0.2]], np.float32)
    (tmp_path / "many").mkdir()
    data = written(tmp_path / "many", "csv", PredictionOutput(paths=["x", "y"], batches=[batch]), many)
    assert data.decode().splitlines() == [
        'path,labels,probability_a,"probability_b,c"', 'x,"[""a"", ""b,c""]",0.75,0.5', "y,[],0.1,0.2",
    ]  # fmt: skip
    numbers = Contract(columns={}, task="regression")
    output = PredictionOutput(paths=["x"], batches=[np.array([[-1e-8]], np.float32)])
    assert written(tmp_path, "csv", output, numbers).decode().splitlines() == ["path,value", "x,-1e-08"]
    vectors = Contract(columns={}, task="vector")
    output = PredictionOutput(paths=["x"], batches=[np.array([[0.1, -2]], np.float32)])
    (tmp_path / "vectors").mkdir()
    data = written(tmp_path / "vectors", "csv", output, vectors)
    assert data.decode().splitlines() == ["path,values", 'x,"[0.1, -2.0]"']


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six images in a folder, and a file that is no image."""
    (tmp_path / "photos").mkdir()
    for number, pixels in enumerate(PIXELS):
        PIL.Image.fromarray(pixels).save(tmp_path / "photos" / f"{number}.png")
    (tmp_path / "photos" / "no image.png").write_text("no")
    return tmp_path


def test_csv_by_the_suffix_has_the_values_of_the_parquet_output(photo_bundle: Path, photos: Path) -> None:
    words = ("predict", str(photo_bundle), "photos")
    result = headrace_within(*words, "new/answers.csv", cwd=photos).json
    headrace_within(*words, "folder", cwd=photos)
    rows, expected = pd.read_csv(photos / "new" / "answers.csv"), pd.read_parquet(photos / "folder")
    assert rows["path"].tolist() == expected["path"].tolist()
    assert rows["label"].tolist() == expected["label"].tolist()
    found = rows[[f"probability_{name}" for name in CLASSES]].to_numpy(np.float32)
    assert (found == np.array(expected["probabilities"].tolist(), np.float32)).all()
    assert (result["rows"], result["rejected"], result["format"]) == (6, 1, "csv")
    rejects = pd.read_csv(result["rejects"])
    assert result["rejects"] == str(photos / "new" / "answers.rejects.csv")
    assert rejects.to_dict("records")[0].items() >= {"path": "no image.png", "reason": "not_an_image"}.items()
    assert sorted(os.listdir(photos / "new")) == ["answers.csv", "answers.rejects.csv"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("answers.csv", "--format", "jsonl"), "ends with .csv, and --format is jsonl"),
        (("answers.xlsx",), "ends with .xlsx, which predict cannot write"),
        (("taken.csv",), "taken.csv exists; name a new"),
        (("other.csv",), "other.rejects.csv exists; name a new"),
    ],
)
def test_unclear_outputs_are_refused(photo_bundle: Path, photos: Path, words: tuple[str, ...], sentence: str) -> None:
    for name in ("taken.csv", "other.rejects.csv"):
        (photos / name).write_text("mine")
    before = sorted(os.listdir(photos))
    ended = headrace_within("predict", str(photo_bundle), "photos", *words, cwd=photos, code=2)
    assert sentence in ended.last_error_line
    assert sorted(os.listdir(photos)) == before


def test_full_disk_leaves_no_file(photo_bundle: Path, photos: Path) -> None:
    with small_disk(photos / "disk", "8k") as disk:
        ended = headrace_within("predict", str(photo_bundle), "photos", "disk/new/a.csv", cwd=photos, code=1)
        assert "No space left on device" in ended.last_error_line
        assert list(disk.iterdir()) == []


def test_interruption_leaves_no_file(photo_bundle: Path, photos: Path) -> None:
    for copy in range(3000):
        (photos / "photos" / f"copy {copy}.png").symlink_to(photos / "photos" / "0.png")
    command = [sys.executable, "-m", "headrace", "predict", str(photo_bundle), "photos", "answers.csv"]
    with subprocess.Popen(command, cwd=photos, stderr=subprocess.PIPE, start_new_session=True) as run:
        wait_for(lambda: list(photos.glob(".answers.csv.*/part-*")))
        os.killpg(run.pid, signal.SIGINT)
        run.communicate(timeout=30)
    assert run.returncode == 130
    assert os.listdir(photos) == ["photos"]


def test_file_in_a_bucket_is_complete_and_alone(photo_bundle: Path, photos: Path, bucket: str) -> None:
    for name in ("0.png", "1.png"):
        locate(f"s3://{bucket}/photos/{name}").write_bytes((photos / "photos" / name).read_bytes())
    words = ("predict", str(photo_bundle), f"s3://{bucket}/photos/*.png", f"s3://{bucket}/answers.jsonl")
    assert headrace_within(*words, cwd=photos).json["rows"] == 2
    lines = locate(f"s3://{bucket}/answers.jsonl").read_text().splitlines()
    assert [json.loads(line)["path"] for line in lines] == [f"s3://{bucket}/photos/{number}.png" for number in (0, 1)]
    assert sorted(path.name for path in locate(f"s3://{bucket}").rglob("*")) == ["0.png", "1.png", "answers.jsonl"]
