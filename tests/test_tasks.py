"""The commands from prepare to retrain on multi-label data: digits that are even, prime, greater than four, or none."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import f1_score

from headrace.table import read
from tests.support.commands import headrace_within

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


def label_names(path: str) -> list[str]:
    """Return the labels of a digit from the class folder of its file."""
    return [name for name, digits in LABELS.items() if int(Path(path).parts[-2]) in digits]


pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("spark"), pytest.mark.horovod]


@pytest.fixture(scope="module")
def folder(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a table, and a run that was trained and evaluated."""
    workspace = tmp_path_factory.mktemp("digits")
    headrace_within("fetch", "digits", "raw", cwd=workspace)
    files = sorted(str(file.relative_to(workspace / "raw")) for file in (workspace / "raw").rglob("*.png"))
    # 1 is none of the three.
    lines = [f"{file},{'|'.join(label_names(file)) or '[]'}" for file in files]
    (workspace / "raw" / "labels.csv").write_text("\n".join(["path,label", *lines]) + "\n")
    (workspace / "conf.yaml").write_text(CONFIGURATION.replace("MODEL", str(root / "models" / "mlp.py")))
    assert headrace_within("prepare", "conf.yaml", cwd=workspace).json["written"] == 1797
    assert headrace_within("train", "conf.yaml", cwd=workspace).json["ranks"] == 2
    headrace_within("evaluate", "run/bundle", "--table", "table", "--slice", "path", cwd=workspace)
    return workspace


def test_training_on_two_ranks_learns_labels(folder: Path) -> None:
    found = json.loads((folder / "run" / "bundle" / "evaluation" / "test.json").read_text())
    assert found["task"] == "multi_label"
    assert found["metrics"]["macro_f1"] > 0.9
    assert found["metrics"]["roc_auc"] > 0.95
    assert [part["rows"] for part in found["slices"]["path"]] != []
    last = [json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()][-1]
    assert last["val_macro_f1"] > 0.9
    assert {"val_binary_accuracy", "val_micro_f1", "val_auc"} <= set(last)


def test_table_counts_equal_digit_counts(folder: Path) -> None:
    summary = read(folder / "table").summary
    assert sum(sum(rows.values()) for rows in summary.counts.values()) == 1797
    for name in LABELS:
        files = [file for file in (folder / "raw").rglob("*.png") if name in label_names(str(file))]
        assert sum(rows[name] for rows in summary.label_counts.values()) == len(files)


def test_predict_writes_labels_above_threshold(folder: Path) -> None:
    # The labels file is the only rejected record.
    predicted = headrace_within("predict", "run/bundle", "raw", "answers", "--threshold", "0.4", cwd=folder).json
    assert (predicted["rows"], predicted["rejected"]) == (1797, 1)
    rows = pq.read_table(folder / "answers", partitioning=None).to_pylist()
    assert np.mean([row["labels"] == [] for row in rows if row["path"].startswith("1/")]) > 0.8
    classes = read(folder / "table").contract.classes
    for row in rows:
        assert row["labels"] == [name for name, one in zip(classes, row["probabilities"], strict=True) if one >= 0.4]
    truth = [[name in label_names(row["path"]) for name in classes] for row in rows]
    given = [[name in row["labels"] for name in classes] for row in rows]
    assert f1_score(truth, given, average="macro") > 0.9


def test_report_shows_labels(folder: Path) -> None:
    page = Path(headrace_within("report", "run", cwd=folder).json["report"]).read_text()
    assert "with 3 labels" in page
    assert "<h3>Curves and calibration</h3>" in page
    assert "greater than four, sample 1" in page


@pytest.mark.long
def test_retrain_promotes_model_trained_on_more_rows(root: Path, folder: Path) -> None:
    text = CONFIGURATION.replace("MODEL", str(root / "models" / "mlp.py")) + RETRAINING
    (folder / "retraining.yaml").write_text(
        text.replace("labels.csv", "some.csv").replace("table: table", "table: growing")
    )
    header, *lines = (folder / "raw" / "labels.csv").read_text().splitlines()
    (folder / "raw" / "some.csv").write_text("\n".join([header, *lines[::6]]) + "\n")
    assert headrace_within("retrain", "retraining.yaml", "train.epochs=4", cwd=folder).json["decision"] == "promoted"
    (folder / "raw" / "some.csv").write_text("\n".join([header, *lines]) + "\n")
    assert headrace_within("retrain", "retraining.yaml", cwd=folder).json["decision"] == "promoted"
    compared = headrace_within("models", "compare", "retraining.yaml", "1", "champion", cwd=folder).json
    checks = {check["name"]: check for check in compared["checks"]}
    assert checks["macro f1 against that of version 1"]["passed"]
    assert all(checks[f"f1 of label {name!r}"]["passed"] for name in LABELS)
    first, second = (model["metrics"] for model in compared["models"])
    assert set(first) == {"macro_f1", "micro_f1", "binary_accuracy", "loss"}
    assert second["loss"] < first["loss"]


def test_multi_label_requires_labels_file(folder: Path) -> None:
    result = headrace_within("prepare", "conf.yaml", "data.source.labels=null", cwd=folder, code=2)
    assert "use a labels file" in result.last_error_line
