"""Records of several inputs go through every command: prepared, trained, evaluated, predicted, explained, exported."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml
from PIL import Image

from headrace.bundle import load
from headrace.features.audio.contract_spec import AudioSpec
from headrace.features.text.contract_spec import TextSpec
from headrace.retrain.drift.training_data_profile import typical_values
from headrace.table import Version, read
from tests.support.commands import headrace_within
from tests.support.workspace import make_once

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow, pytest.mark.usefixtures("spark")]

ROWS = 240
COLOURS = {"red": (200, 30, 30), "blue": (30, 30, 200)}
WORDS = {"cheap": "good cheap simple thing", "fine": "fine elegant noble thing"}
NAMES = ["id", "file", "title", "price", "shop", "sold", "part"]
CONF: dict[str, Any] = {
    "data": {
        "source": {
            **{"kind": "table", "format": "csv", "path": "raw/items.csv"},
            "columns": {"label": "sold", "identity": "id", "split": "part"},
        },
        "table": "table",
    },
    "prepare": {
        "inputs": {
            "photo": {"kind": "image", "column": "file", "size": [12, 12], "codec": "png"},
            "title": {
                **{"kind": "text", "column": "title", "missing": "empty"},
                "tokens": {"vocabulary": 100, "max_length": 8},
            },
            "costs": {"kind": "tabular", "numbers": ["price"], "categories": ["shop"]},
        },
        "max_rejects": 0.2,
        "shard_rows": 64,
    },
    "model": {
        "file": "image_text",
        "options": {"width": 4, "depth": 1, "embedding": 8, "dense": 16, "dropout": 0.0, "input_dropout": 0.0},
    },
    "train": {
        **{"run": "run", "ranks": 2, "epochs": 12, "batch_size": 16},
        "optimizer": {"name": "adam", "learning_rate": 0.01},
    },
}
BAD = [
    ["900", "photos/none.png", "good thing", "1", "a", "yes", "train"],
    ["901", "photos/0.png", "good thing", "much", "a", "yes", "train"],
    ["902", "", "good thing", "1", "a", "yes", "train"],
]


def write_items(folder: Path, first: int = 0, rows: int = ROWS) -> list[list[str]]:
    """Write photos, and return the rows of items; whether one is sold depends on its colour and its title together."""
    random = np.random.default_rng(first)
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    items = []
    for row in range(first, first + rows):
        colour, word = random.choice(list(COLOURS)), random.choice(list(WORDS))
        pixels = np.clip(np.array(COLOURS[colour]) + random.normal(0, 30, (14, 14, 3)), 0, 255)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"photos/{row}.png")
        title = (
            ("" if row % 80 == 7 else "<b> </b>")
            if row % 40 == 7
            else " ".join(random.permutation(WORDS[word].split()))
        )
        sold = "yes" if (colour == "red") == (word == "fine") else "no"
        part = ("train", "train", "train", "val", "test")[row % 5]
        shop = f"shop {row % 3}"
        items.append([str(row), f"photos/{row}.png", title, f"{random.normal(10, 3):.3f}", shop, sold, part])
    return items


def write_csv(file: Path, rows: list[list[str]]) -> Path:
    """Write rows of items."""
    with file.open("w", newline="") as text:
        csv.writer(text).writerows([NAMES, *rows])
    return file


def write_conf(file: Path, **prepare: Any) -> None:
    """Write the configuration with other settings of the preparation."""
    file.write_text(yaml.safe_dump(CONF | {"prepare": CONF["prepare"] | prepare}, sort_keys=False))


@pytest.fixture(scope="module")
def project(shared: Path) -> Path:
    """A folder with `raw`, `table` and `run`; do not change them."""

    def make(folder: Path) -> None:
        items = write_items(folder / "raw")
        write_csv(folder / "raw/items.csv", items + BAD)
        write_conf(folder / "conf.yaml")
        headrace_within("prepare", "conf.yaml", cwd=folder)
        headrace_within("train", "conf.yaml", cwd=folder)

    return make_once(shared / "records", make)


def stored_rows(version: Version) -> dict[str, dict[str, Any]]:
    """Return the rows of a table by their identity."""
    rows = [row for shard in version.shards for row in pq.read_table(version.table / shard.path).to_pylist()]
    return {row["path"].rpartition("/")[2]: row for row in rows}


def test_records_with_a_bad_input_are_rejected_with_its_name(project: Path) -> None:
    version = read(project / "table")
    assert version.summary.rejects == {"missing_file": 1, "bad_value": 1, "empty": 1}
    shown = headrace_within("inspect", "table", "--rejects", cwd=project).json["records"]
    details = {one["path"].rpartition("/")[2]: one["detail"] for one in shown}
    assert details["900"].startswith("photo: there is no file 'photos/none.png'")
    assert details["901"].startswith("costs: price is 'much'")
    assert details["901"].endswith("name price in prepare.inputs.costs.categories")
    assert details["902"] == "photo: the column file is empty; `missing: empty` accepts it"
    # An empty title is accepted, as the configuration says.
    assert stored_rows(version)["7"]["title"] == b""
    assert stored_rows(version)["47"]["title"] == b""


@pytest.mark.parametrize(
    ("name", "columns", "settings"),
    [
        ("photo", {"input": "file", "content": "paths"}, {"image": {"size": [12, 12], "codec": "png"}}),
        ("title", {"input": "title"}, {"input": "text", "text": {"tokens": {"vocabulary": 100, "max_length": 8}}}),
        ("costs", {}, {"input": "tabular", "tabular": {"numbers": ["price"], "categories": ["shop"]}}),
    ],
)
def test_each_input_is_stored_as_in_a_table_of_it_alone(
    project: Path, tmp_path: Path, name: str, columns: dict[str, str], settings: dict[str, Any]
) -> None:
    shutil.copytree(project / "raw", tmp_path / "raw")
    # The same rows: what a record without one input is rejected for, another table does not know.
    rows = [
        row for row in csv.reader((tmp_path / "raw/items.csv").open()) if int(row[0] if row[0] != "id" else 900) < 900
    ]
    write_csv(tmp_path / "raw/items.csv", rows)
    conf = json.loads(json.dumps(CONF))
    conf["data"]["source"]["columns"] |= columns
    conf["prepare"] = {"max_rejects": 0.2, "shard_rows": 64, **settings}
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(conf, sort_keys=False))
    headrace_within("prepare", "conf.yaml", cwd=tmp_path)
    alone, together = read(tmp_path / "table"), read(project / "table")
    column, _ = alone.contract.named("input")
    part = together.contract.inputs[name]
    assert part.statistics == alone.contract.statistics
    assert part.input_shape == alone.contract.input_shape
    rows_alone, rows_together = stored_rows(alone), stored_rows(together)
    # A table of texts alone rejects empty ones, and leaves out copies that would be in another split.
    assert len(rows_alone) >= (80 if name == "title" else ROWS)
    assert {row: one[column] for row, one in rows_alone.items()} == {
        row: rows_together[row][name] for row in rows_alone
    }


def test_network_learns_what_only_two_inputs_tell_together(project: Path) -> None:
    slices = ("--slice", "title length", "--slice", "price")
    found = headrace_within("evaluate", "run/bundle", "--table", "table", *slices, cwd=project).json
    assert found["metrics"]["accuracy"] > 0.9
    assert [one["name"] for one in found["slices"]["title length"]] == ["4"]
    assert sum(one["rows"] for one in found["slices"]["price"]) == found["rows"]


def test_statistics_of_drift_have_the_names_of_their_inputs(project: Path) -> None:
    """A second cycle of retraining compares them with those of the first."""
    found = typical_values(read(project / "table"))
    assert {"photo brightness", "costs price", "costs shop"} <= found.keys()
    assert any(name.startswith("title ") for name in found)


def test_bundle_has_the_fitted_files_of_each_input(project: Path) -> None:
    bundle = load(project / "run/bundle")
    assert set(bundle.files) >= {"tokenizer-title.json", "categories-costs.json"}
    assert TextSpec.of(bundle.contract.inputs["title"]).tokenizer.file == "tokenizer-title.json"


@pytest.mark.long
def test_two_ranks_learn_what_one_rank_learns(project: Path) -> None:
    weights = {}
    for ranks, batch in ((1, 32), (2, 16)):
        settings = (f"train.ranks={ranks}", f"train.batch_size={batch}", f"train.run=of-{ranks}", "train.epochs=2")
        headrace_within("train", "conf.yaml", *settings, cwd=project)
        weights[ranks] = load(project / f"of-{ranks}/bundle").model().get_weights()
    for one, two in zip(weights[1], weights[2], strict=True):
        assert one == pytest.approx(two, abs=1e-5)


def answers(project: Path, output: Path, *arguments: str) -> tuple[dict[str, Any], dict[str, float]]:
    """Predict into a CSV file and return the result of the command, and the probability of `yes` by identity."""
    result = headrace_within("predict", "run/bundle", *arguments, str(output), cwd=project).json
    rows = list(csv.DictReader(output.open(encoding="utf-8")))
    return result, {row.get("id") or row["path"].rpartition("/")[2]: float(row["probability_yes"]) for row in rows}


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_prediction_of_raw_records_equals_that_of_the_table(project: Path, tmp_path: Path, form: str) -> None:
    _, expected = answers(project, tmp_path / "table.csv", "table")
    file = project / "raw/items.csv"
    if form != "csv":
        rows = pd.read_csv(file, dtype=str)
        # Paths are relative to the file that names them.
        file = project / f"raw/copy.{form}"
        rows.to_json(file, orient="records", lines=True) if form == "jsonl" else rows.to_parquet(file)
    result, found = answers(project, tmp_path / "raw.csv", str(file), "--id", "id")
    assert result["rejected"] == len(BAD)
    assert found == pytest.approx(expected, abs=1e-5)


def test_explanation_has_each_input_and_its_parts(project: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    explained = ("explain", "run/bundle", "raw/items.csv", str(page), "--limit", "2")
    assert headrace_within(*explained, cwd=project).json["explained"] == 2
    shown = page.read_text("utf-8")
    for part in (">photo<", ">title<", ">costs<", "shop: shop ", "price: ", ">thing<", "data:image/png;base64,"):
        assert part in shown


def test_findings_in_the_inputs_are_reported_as_those_of_one_input(project: Path, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (14, 14), COLOURS[name]) for name in COLOURS]
    frames[0].save(tmp_path / "frames.gif", save_all=True, append_images=frames[1:])
    row = ["0", "frames.gif", "a thing <b and c> good", "1.5", "shop 1", "yes", "test"]
    rows = str(write_csv(tmp_path / "rows.csv", [row]))
    for command, output in (("predict", "answers.csv"), ("explain", "page.html")):
        said = headrace_within(command, "run/bundle", rows, str(tmp_path / output), cwd=project).stderr
        assert "1 image has several pages or frames" in said
        assert "rows.csv:2'" in said
        assert "1 text has what may or may not be a tag of HTML, such as '<b and c>'" in said


@pytest.mark.parametrize("form", ["saved_model", "onnx", "tflite"])
def test_export_agrees_with_the_bundle_and_names_the_inputs(project: Path, tmp_path: Path, form: str) -> None:
    exported = ("export", "run/bundle", str(tmp_path / "real"), "--to", form, "--table", "table")
    assert headrace_within(*exported, cwd=project).json["greatest_difference"] <= 1e-4
    about = json.loads((tmp_path / "real/export.json").read_text())["inputs"]
    assert [one["name"] for one in about] == ["photo", "title", "costs"]
    assert "tokenise it with tokenizer-title.json" in about[1]["meaning"]
    assert (tmp_path / "real/tokenizer-title.json").is_file()


def test_appended_records_are_stored_as_the_first_ones(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project, tmp_path / "project", ignore=shutil.ignore_patterns("run", "copy.*"))
    folder = tmp_path / "project"
    conf = json.loads(json.dumps(CONF))
    conf["data"]["source"]["path"] = "raw"
    conf["data"]["table"] = "other"
    (folder / "conf.yaml").write_text(yaml.safe_dump(conf, sort_keys=False))
    headrace_within("prepare", "conf.yaml", cwd=folder)
    first = read(folder / "other")
    write_csv(folder / "raw/more.csv", write_items(folder / "raw", first=1000, rows=60))
    assert headrace_within("prepare", "conf.yaml", cwd=folder).json["written"] == ROWS + 60
    second = read(folder / "other")
    assert second.contract == first.contract
    assert stored_rows(first).items() <= stored_rows(second).items()
    # A photo that only a row names is watched too.
    Image.new("RGB", (14, 14)).save(folder / "raw/photos/1001.png")
    assert headrace_within("prepare", "conf.yaml", cwd=folder).json["changed"]
    before, after = stored_rows(second), stored_rows(read(folder / "other"))
    assert [row for row in after if after[row] != before[row]] == ["1001"]


@pytest.fixture
def recordings(tmp_path: Path) -> pd.DataFrame:
    """Rows with the bytes of a photo and of a sound each."""
    rows = []
    for row in range(40):
        Image.new("RGB", (8, 8), (row, 0, 0)).save(tmp_path / "one.png")
        tone = 0.5 * np.sin(np.arange(800) * (0.1 + 0.01 * row))
        soundfile.write(tmp_path / "one.wav", tone, 1000, subtype="PCM_16")
        label = "odd" if row % 2 else "even"
        contents = ((tmp_path / name).read_bytes() for name in ("one.png", "one.wav"))
        rows.append(dict(zip(("photo", "tone"), contents, strict=True)) | {"label": label})
    return pd.DataFrame(rows)


def test_bytes_of_photos_and_sounds_are_inputs(recordings: pd.DataFrame, tmp_path: Path) -> None:
    recordings.to_parquet(tmp_path / "rows.parquet")
    conf = json.loads(json.dumps(CONF))
    conf["data"]["source"] = {"kind": "table", "path": "rows.parquet", "columns": {"label": "label"}}
    conf["prepare"] = {
        "inputs": {
            "photo": {"kind": "image", "column": "photo", "content": "bytes", "size": [8, 8], "codec": "png"},
            "tone": {"kind": "audio", "column": "tone", "content": "bytes", "rate": 1000, "seconds": 0.8},
        }
    }
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(conf, sort_keys=False))
    headrace_within("prepare", "conf.yaml", cwd=tmp_path)
    version = read(tmp_path / "table")
    assert AudioSpec.of(version.contract.inputs["tone"]).rate == 1000
    rows = stored_rows(version)
    assert len(rows) == 40
    red = {Image.open(io.BytesIO(row["photo"])).getpixel((0, 0)) for row in rows.values()}
    assert red == {(row, 0, 0) for row in range(40)}
    assert {len(row["tone"]) for row in rows.values()} == {1600}


def test_network_of_one_input_refuses_a_table_of_several(project: Path) -> None:
    refused = headrace_within(
        "train", "conf.yaml", "model.file=cnn", "model.options={}", "train.run=other", cwd=project, code=2
    )
    assert "this network expects a table of images" in refused.stderr
    (project / "one.py").write_text(
        "import keras\n\n\ndef build(contract):\n    return keras.Sequential([keras.Input(contract.input_shape)])\n"
    )
    own = ("model.file=one.py", "model.options={}", "train.run=other")
    refused = headrace_within("train", "conf.yaml", *own, cwd=project, code=2)
    assert "The table holds several inputs (photo, title, costs)" in refused.stderr
    assert "such as models/image_text.py" in refused.stderr
