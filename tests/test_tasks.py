"""Many labels a record, the whole way by the commands: real digits, each even, prime, greater than four, or none."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import f1_score

from headrace.table import read
from tests.support.commands import headrace, headrace_within

LABELS = {"even": {0, 2, 4, 6, 8}, "prime": {2, 3, 5, 7}, "greater than four": {5, 6, 7, 8, 9}}
CONFIGURATION = """
data: {source: {kind: folder, path: raw, labels: labels.csv}, table: table}
prepare: {task: multi_label, label_separator: "|", image: {mode: L, size: [8, 8], codec: raw}}
model: {file: MODEL, options: {width: 64, depth: 2}}
train:
  run: run
  ranks: 2
  epochs: 12
  batch_size: 32
  metrics: [binary_accuracy, macro_f1, micro_f1, auc]
  loss: {label_smoothing: 0.02}
  optimizer: {learning_rate: 0.003}
"""
RETRAINING = """
retrain: {folder: cycles, gate: {slices: {min_rows: 5}}}
registry: {folder: registry, model: digits}
"""


def names_of(path: str) -> list[str]:
    """Of a digit's file, in its class folder."""
    return [name for name, digits in LABELS.items() if int(Path(path).parts[-2]) in digits]


pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("spark")]


@pytest.fixture(scope="module")
def folder(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained and evaluated."""
    made = tmp_path_factory.mktemp("digits")
    headrace_within("fetch", "digits", "raw", cwd=made)
    files = sorted(str(file.relative_to(made / "raw")) for file in (made / "raw").rglob("*.png"))
    # 1 is none of the three.
    lines = [f"{file},{'|'.join(names_of(file)) or '[]'}" for file in files]
    (made / "raw" / "labels.csv").write_text("\n".join(["path,label", *lines]) + "\n")
    (made / "conf.yaml").write_text(CONFIGURATION.replace("MODEL", str(root / "models" / "mlp.py")))
    assert headrace("prepare", "conf.yaml", cwd=made).json["written"] == 1797
    assert headrace("train", "conf.yaml", cwd=made).json["ranks"] == 2
    headrace_within("evaluate", "run/bundle", "--table", "table", "--slice", "path", cwd=made)
    return made


def test_two_ranks_learn_which_of_the_labels_a_digit_has(folder: Path) -> None:
    found = json.loads((folder / "run" / "bundle" / "evaluation" / "test.json").read_text())
    assert found["task"] == "multi_label"
    assert found["metrics"]["macro_f1"] > 0.9
    assert found["metrics"]["roc_auc"] > 0.95
    assert [part["rows"] for part in found["slices"]["path"]] != []
    last = [json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()][-1]
    assert last["val_macro_f1"] > 0.9
    assert {"val_binary_accuracy", "val_micro_f1", "val_auc"} <= set(last)


def test_the_counts_of_the_table_are_those_of_the_digits(folder: Path) -> None:
    summary = read(folder / "table").summary
    assert sum(sum(rows.values()) for rows in summary.counts.values()) == 1797
    for name in LABELS:
        files = [file for file in (folder / "raw").rglob("*.png") if name in names_of(str(file))]
        assert sum(rows[name] for rows in summary.label_counts.values()) == len(files)


def test_prediction_gives_the_labels_that_evaluation_has_judged(folder: Path) -> None:
    # Everything but the labels file, whose rejection is told.
    predicted = headrace_within("predict", "run/bundle", "raw", "answers", "--threshold", "0.4", cwd=folder).json
    assert (predicted["rows"], predicted["rejected"]) == (1797, 1)
    rows = pq.read_table(folder / "answers", partitioning=None).to_pylist()
    assert np.mean([row["labels"] == [] for row in rows if row["path"].startswith("1/")]) > 0.8
    classes = read(folder / "table").contract.classes
    for row in rows:
        assert row["labels"] == [name for name, one in zip(classes, row["probabilities"], strict=True) if one >= 0.4]
    truth = [[name in names_of(row["path"]) for name in classes] for row in rows]
    given = [[name in row["labels"] for name in classes] for row in rows]
    assert f1_score(truth, given, average="macro") > 0.9


def test_the_report_tells_of_labels(folder: Path) -> None:
    page = (folder / headrace_within("report", "run", cwd=folder).json["report"]).read_text()
    assert "each of which may have any of 3 labels" in page
    assert "<h3>Curves and calibration</h3>" in page
    assert "greater than four, sample 1" in page


@pytest.mark.long
def test_a_model_of_more_rows_replaces_the_first_if_no_label_suffers(root: Path, folder: Path) -> None:
    text = CONFIGURATION.replace("MODEL", str(root / "models" / "mlp.py")) + RETRAINING
    (folder / "retraining.yaml").write_text(
        text.replace("labels.csv", "some.csv").replace("table: table", "table: growing")
    )
    header, *lines = (folder / "raw" / "labels.csv").read_text().splitlines()
    (folder / "raw" / "some.csv").write_text("\n".join([header, *lines[::6]]) + "\n")
    assert headrace("retrain", "retraining.yaml", "train.epochs=4", cwd=folder).json["decision"] == "promoted"
    (folder / "raw" / "some.csv").write_text("\n".join([header, *lines]) + "\n")
    assert headrace("retrain", "retraining.yaml", cwd=folder).json["decision"] == "promoted"
    compared = headrace("models", "compare", "retraining.yaml", "1", "champion", cwd=folder).json
    checks = {check["name"]: check for check in compared["checks"]}
    assert checks["better macro f1"]["passed"]
    assert all(checks[f"f1 of label {name!r}"]["passed"] for name in LABELS)
    first, second = (model["metrics"] for model in compared["models"])
    assert set(first) == {"macro_f1", "micro_f1", "binary_accuracy", "loss"}
    assert second["loss"] < first["loss"]


def test_a_folder_of_class_folders_cannot_name_many(folder: Path) -> None:
    answer = headrace_within("prepare", "conf.yaml", "data.source.labels=null", cwd=folder, code=2)
    assert "use a labels file" in answer.last_error_line
