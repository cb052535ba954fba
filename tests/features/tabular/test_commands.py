"""Rows of numbers and categories go through every command: prepared, trained, evaluated, predicted and exported."""

import csv
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from headrace.bundle import load
from headrace.bundle_inference import Inference
from headrace.contract import Contract
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.tabular.explainer import without_columns
from headrace.table import Version, read
from tests.support.commands import headrace_within
from tests.support.workspace import ROOT, make_once

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow, pytest.mark.usefixtures("spark")]

CONF = """
data:
  source: {kind: table, format: csv, path: raw, columns: {label: price, identity: id, split: part}}
  table: table
prepare:
  input: tabular
  task: regression
  tabular: {numbers: [size, "weight, kg"], categories: [colour, shop], missing: mean}
  shard_rows: 64
model: {file: tabular, options: {width: 16, depth: 1, embedding: 4}}
train: {run: run, ranks: 2, epochs: 25, batch_size: 16, optimizer: {name: adam, learning_rate: 0.02}}
"""
NAMES = ["id", "size", "weight, kg", "colour", "shop", "price", "part"]
COLOURS = ("red", "grün", "deep blue")
ROWS = 300


def write_rows(file: Path, first: int = 0, rows: int = ROWS) -> None:
    """Write rows whose price depends on all columns; some numbers and colours are missing, some shops are rare."""
    random = np.random.default_rng(first)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(NAMES)
        for row in range(first, first + rows):
            size, weight, colour = random.normal(50, 10), random.exponential(2), int(random.integers(3))
            shop = f"shop {row % 7}" if row % 10 else f"kiosk {row}"
            price = size * (1 + colour) + 20 * weight
            cells = ["" if row % 23 == 5 else f"{weight:.4f}", "" if row % 29 == 7 else f" {COLOURS[colour]}", shop]
            part = ("train", "train", "train", "val", "test")[row % 5]
            writer.writerow([row, f"{size:.3f}", *cells, f"{price:.4f}", part])


@pytest.fixture(scope="module")
def project(shared: Path) -> Path:
    """A folder with `raw`, `table` and `run`; do not change them."""

    def make(folder: Path) -> None:
        write_rows(folder / "raw/rows.csv")
        with (folder / "raw/rows.csv").open("a") as text:
            text.write("900,many,1,red,shop 1,5,train\n901,5,1,red,shop 1,cheap,train\n")
        (folder / "conf.yaml").write_text(CONF, encoding="utf-8")
        shutil.copytree(ROOT / "models", folder / "models")
        headrace_within("prepare", "conf.yaml", cwd=folder)
        headrace_within("train", "conf.yaml", cwd=folder)

    return make_once(shared / "rows", make)


def raw_rows(file: Path) -> "pd.DataFrame":
    """Return the rows as pandas reads them, without those that must be rejected."""
    rows = pd.read_csv(file, dtype={"id": str, "price": str}, skipinitialspace=True)
    return rows[~rows["id"].isin(["900", "901"])].set_index("id").astype({"size": float, "price": float})


def stored_rows(version: Version) -> dict[str, Any]:
    """Return the rows of a table by their identity."""
    rows = [row for shard in version.shards for row in pq.read_table(version.table / shard.path).to_pylist()]
    return {row["path"].rpartition("/")[2]: row for row in rows}


def known_values(version: Version) -> dict[str, list[str]]:
    """Return the vocabularies of a table."""
    found: dict[str, list[str]] = json.loads((version.table / TabularSpec.of(version.contract).file).read_text())
    return found


def test_table_holds_what_pandas_computes(project: Path) -> None:
    version, rows = read(project / "table"), raw_rows(project / "raw/rows.csv")
    assert version.summary.rejects == {"bad_value": 1, "bad_label": 1}
    training = rows[rows["part"] == "train"]
    statistics, labels = version.contract.statistics, version.contract.label_statistics
    assert statistics
    assert labels
    for column, mean, variance in zip(("size", "weight, kg"), statistics.mean, statistics.variance, strict=True):
        assert mean == pytest.approx(training[column].mean(), rel=1e-6)
        assert variance == pytest.approx(training[column].var(ddof=0), rel=1e-5)
    assert labels.mean[0] == pytest.approx(training["price"].mean(), rel=1e-6)
    for column, known in known_values(version).items():
        counts = Counter(training[column].dropna())
        frequent = sorted(((-times, name) for name, times in counts.items() if times >= 2))
        assert known == [name for _, name in frequent]
    values = known_values(version)
    for identity, row in stored_rows(version).items():
        expected = rows.loc[identity]
        weight = statistics.mean[1] if np.isnan(expected["weight, kg"]) else expected["weight, kg"]
        numbers = [number_of(expected[column], values[column]) for column in ("colour", "shop")]
        assert np.frombuffer(row["row"], "<f4").tolist() == np.float32([expected["size"], weight, *numbers]).tolist()


def number_of(value: Any, known: list[str]) -> int:
    """Return the number that is stored for the value of a category."""
    return 0 if value != value else known.index(value) + 2 if value in known else 1


def test_network_learns_the_price(project: Path) -> None:
    found = headrace_within("evaluate", "run/bundle", "--table", "table", "--slice", "colour", cwd=project).json
    assert found["metrics"]["r_squared"] > 0.95
    assert {one["name"] for one in found["slices"]["colour"]} == {*COLOURS, "(missing)"}
    shown = json.loads((project / "run/bundle/evaluation/test.json").read_text())["worst"][0]["text"]
    assert shown.startswith("size: ")
    assert "colour: " in shown


def answers(project: Path, output: Path, *arguments: str) -> tuple[dict[str, Any], dict[str, float]]:
    """Predict into a CSV file and return the result of the command, and the predictions by identity or path."""
    result = headrace_within("predict", "run/bundle", *arguments, str(output), cwd=project).json
    rows = list(csv.DictReader(output.open(encoding="utf-8")))
    return result, {row.get("id") or row["path"].rpartition("/")[2]: float(row["value"]) for row in rows}


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_prediction_of_raw_rows_equals_that_of_the_table(project: Path, tmp_path: Path, form: str) -> None:
    _, expected = answers(project, tmp_path / "table.csv", "table")
    file = project / "raw/rows.csv"
    if form != "csv":
        rows, file = pd.read_csv(file), tmp_path / f"rows.{form}"
        rows = rows[rows["size"] != "many"].astype({"size": float, "id": str})
        rows.to_json(file, orient="records", lines=True) if form == "jsonl" else rows.to_parquet(file)
    result, found = answers(project, tmp_path / "raw.csv", str(file), "--id", "id")
    assert result["rejected"] == (1 if form == "csv" else 0)
    # A label is not needed, and not read.
    found.pop("901")
    assert found == pytest.approx(expected, abs=1e-4)


def test_values_that_the_model_does_not_know_are_predicted(project: Path, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text('shop,colour,"weight, kg",size\nnowhere,pink,,50\n,,2.5,50\nshop 1,red,x,50\n')
    result, found = answers(project, tmp_path / "new_answers.csv", str(tmp_path / "new.csv"))
    assert (result["rows"], result["rejected"]) == (2, 1)
    rejects = list(csv.DictReader((tmp_path / "new_answers.rejects.csv").open()))
    assert [row["path"] for row in rejects] == ["new.csv:4"]
    assert "weight, kg is 'x', which is not a finite" in rejects[0]["detail"]


def test_rows_whose_values_are_mostly_unknown_are_warned_of(project: Path, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text(
        'shop,colour,"weight, kg",size\nnowhere,red,1,50\nshop 1,red,2.5,50\nGhent,,1,2\n'
    )
    result = headrace_within("predict", "run/bundle", str(tmp_path / "new.csv"), str(tmp_path / "o.csv"), cwd=project)
    assert "2 of 3 values of the category 'shop' are not known from training, such as 'nowhere'" in result.stderr
    assert "'colour'" not in result.stderr


def test_explanation_warns_as_the_prediction_of_the_same_rows(project: Path, tmp_path: Path) -> None:
    rows = "".join(f"nowhere,pink,,{50_000 + row}\n" for row in range(4))
    file = tmp_path / "new.csv"
    file.write_text(f'shop,colour,"weight, kg",size\n{rows}')
    predicted = headrace_within("predict", "run/bundle", str(file), str(tmp_path / "o.csv"), cwd=project).stderr
    explained = headrace_within("explain", "run/bundle", str(file), str(tmp_path / "why.html"), cwd=project).stderr
    warnings = [line for line in predicted.splitlines() if line.startswith("4 of 4 ")]
    assert [line for line in explained.splitlines() if line.startswith("4 of 4 ")] == warnings
    assert len(warnings) == 4


def test_numbers_that_are_mostly_missing_or_far_from_training_are_warned_of(project: Path, tmp_path: Path) -> None:
    rows = "".join(f"shop 1,red,{'' if row else 2},{50_000 + row}\n" for row in range(5))
    (tmp_path / "new.csv").write_text(f'shop,colour,"weight, kg",size\n{rows}')
    said = headrace_within(
        "predict", "run/bundle", str(tmp_path / "new.csv"), str(tmp_path / "o.csv"), cwd=project
    ).stderr
    assert "4 of 5 cells of the number 'weight, kg' are missing, and become the mean of training" in said
    assert "5 of 5 values of the number 'size' are more than 10 standard deviations from the mean of training" in said
    assert "such as 50000 (mean " in said
    (tmp_path / "one.csv").write_text('shop,colour,"weight, kg",size\nshop 1,red,,50000\n')
    one = headrace_within("predict", "run/bundle", str(tmp_path / "one.csv"), str(tmp_path / "p.csv"), cwd=project)
    assert "the number" not in one.stderr


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        ("other.csv", "shop,colour,size\na,b,1\n", 2, "has no column 'weight, kg'"),
        ("lines.txt", "a\nb\n", 2, "each line is a record; expected a .csv, .jsonl or .parquet file"),
    ],
)
def test_file_without_the_columns_is_refused(
    project: Path, tmp_path: Path, name: str, content: str, code: int, message: str
) -> None:
    (tmp_path / name).write_text(content)
    refused = headrace_within(
        "predict", "run/bundle", str(tmp_path / name), str(tmp_path / "out.csv"), cwd=project, code=code
    )
    assert message in refused.stderr


def test_column_of_texts_is_refused_for_rows(project: Path, tmp_path: Path) -> None:
    refused = headrace_within(
        "predict", "run/bundle", "raw/rows.csv", str(tmp_path / "o.csv"), "--column", "shop", cwd=project, code=2
    )
    assert "the bundle predicts from the columns size, weight, kg, colour, shop; leave it out" in refused.stderr


def test_appended_rows_are_stored_as_the_first_ones_until_everything_is_prepared_again(
    project: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("run", "table"))
    prepared = headrace_within("prepare", "conf.yaml", cwd=folder)
    missing = len([row for row in range(ROWS) if row % 23 == 5])
    assert prepared.json["filled"] == {"weight, kg": missing}
    said = f"Missing numbers became the mean of the training split, rows by column: weight, kg {missing}"
    assert prepared.stderr.count(said) == 1
    first = read(folder / "table")
    assert TabularSpec.of(first.contract) == TabularSpec.of(read(project / "table").contract)
    write_rows(folder / "raw/more.csv", first=1000, rows=200)
    assert headrace_within("prepare", "conf.yaml", cwd=folder).json["written"] == ROWS + 200
    second = read(folder / "table")
    missing += len([row for row in range(1000, 1200) if row % 23 == 5])
    assert second.summary.filled == {"weight, kg": missing}
    assert TabularSpec.of(second.contract) == TabularSpec.of(first.contract)
    assert second.contract.statistics == first.contract.statistics
    assert stored_rows(first).items() <= stored_rows(second).items()
    text = (folder / "raw/more.csv").read_text().replace("shop ", "store ").replace("1000,", "3000,", 1)
    (folder / "raw/third.csv").write_text(text)
    appended = headrace_within("prepare", "conf.yaml", cwd=folder)
    assert "200 of 200 values of the category 'shop' are not known from training, such as" in appended.stderr
    assert "New values become known with `headrace prepare --full`" in appended.stderr
    assert "'colour'" not in appended.stderr
    assert "standard deviations" not in appended.stderr
    (folder / "raw/third.csv").unlink()
    # Which of the removed rows had a missing number is not stored.
    assert headrace_within("prepare", "conf.yaml", cwd=folder).json["filled"] is None
    headrace_within("prepare", "conf.yaml", "--full", cwd=folder)
    third = read(folder / "table")
    assert third.summary.filled == {"weight, kg": missing}
    assert third.contract.statistics != first.contract.statistics
    refused = headrace_within("evaluate", str(project / "run/bundle"), "--table", "table", cwd=folder, code=3)
    assert "Prepare its rows as the next version of the table that the bundle was trained on" in refused.stderr


def test_appended_rows_in_another_unit_are_warned_of(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("run", "table"))
    headrace_within("prepare", "conf.yaml", cwd=folder)
    more = pd.read_csv(project / "raw/rows.csv", nrows=100)
    more = more.assign(
        id=more["id"] + 5000, size=more["size"].astype(float) * 1000, price=more["price"].astype(float) * 1000
    )
    more.to_csv(folder / "raw/more.csv", index=False)
    said = headrace_within("prepare", "conf.yaml", cwd=folder).stderr
    for column in ("the number 'size'", "the label"):
        assert f"100 of 100 values of {column} are more than 10 standard deviations from the mean of training" in said
    assert said.count("The table keeps its mean and variance until `headrace prepare --full`.") == 2


def test_inspect_describes_the_layout(project: Path) -> None:
    shown = headrace_within("inspect", "table", cwd=project)
    contract: Contract = read(project / "table").contract
    assert shown.json["inputs"]["row"]["numbers"] == ["size", "weight, kg"]
    assert TabularSpec.of(contract).layout in shown.stderr
    assert "(per number, training split)" in shown.stderr
    missing = len([row for row in range(ROWS) if row % 23 == 5])
    assert shown.json["filled"] == {"weight, kg": missing}
    assert f"missing numbers became the mean, rows by column: weight, kg {missing}" in shown.stderr


@pytest.mark.parametrize("form", ["saved_model", "onnx", "tflite"])
def test_export_agrees_with_the_bundle_and_ships_the_values(project: Path, tmp_path: Path, form: str) -> None:
    exported = ("export", "run/bundle", str(tmp_path / "real"), "--to", form, "--table", "table")
    assert headrace_within(*exported, cwd=project).json["greatest_difference"] <= 1e-3
    about = json.loads((tmp_path / "real/export.json").read_text())["input"]
    assert "size, weight, kg, colour, shop" in about["meaning"]
    assert json.loads((tmp_path / "real/categories.json").read_text()) == known_values(read(project / "table"))


def test_vocabulary_that_a_version_needs_is_not_vacuumed(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project / "table", tmp_path / "table")
    headrace_within("vacuum", "table", "--hours", "0", cwd=tmp_path)
    assert stored_rows(read(tmp_path / "table"))
    assert known_values(read(tmp_path / "table"))


def test_explanation_shows_what_the_score_loses_without_a_column(project: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    explained = ("explain", "run/bundle", "raw/rows.csv", str(page), "--limit", "2")
    assert headrace_within(*explained, cwd=project).json["explained"] == 2
    shown = page.read_text("utf-8")
    assert "colour: " in shown
    assert "size: " in shown
    assert "replaces one column at a time" in shown


def test_explanation_says_that_a_number_was_missing(project: Path, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text('shop,colour,"weight, kg",size\nshop 1,red,2.5,\n')
    page = tmp_path / "page.html"
    headrace_within("explain", "run/bundle", str(tmp_path / "new.csv"), str(page), cwd=project)
    shown = page.read_text("utf-8")
    assert "size: missing (filled with mean " in shown
    assert "weight, kg: 2.5" in shown


def test_occlusion_of_a_column_is_the_difference_of_two_predictions(project: Path) -> None:
    bundle = load(project / "run/bundle")
    inference, statistics = Inference(bundle), bundle.contract.statistics
    assert statistics
    row = np.float32([60, 3, 2, 4])
    decreases = without_columns(inference, row, None)
    for column, replaced in enumerate([*statistics.mean, 0, 0]):
        other = row.copy()
        other[column] = replaced
        before, after = inference.predict(np.stack([row, other])).ravel()
        assert decreases[column] == pytest.approx(before - after, abs=1e-3)
    assert abs(decreases[0]) > 1


def test_folder_of_rows_and_column_of_texts_cannot_be_explained(project: Path, tmp_path: Path) -> None:
    refused = headrace_within("explain", "run/bundle", "raw", str(tmp_path / "page.html"), cwd=project, code=3)
    assert "raw is a folder, and rows are in files of tables; name such a file" in refused.stderr
    refused = headrace_within(
        "explain", "run/bundle", "raw/rows.csv", "page.html", "--column", "shop", cwd=project, code=2
    )
    assert "the bundle predicts from the columns size, weight, kg, colour, shop; leave it out" in refused.stderr
