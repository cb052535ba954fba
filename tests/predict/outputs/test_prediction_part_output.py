"""The Parquet files of one task."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from headrace.contract import Contract
from headrace.predict.outputs.flat_file import write_rejects
from headrace.predict.outputs.prediction_part_output import PredictionOutput
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.targets.classification.prediction_columns import SCHEMA as PREDICTIONS
from headrace.targets.multi_label.prediction_columns import SCHEMA as MANY
from headrace.targets.regression.prediction_columns import SCHEMA as VALUES

CONTRACT = Contract(columns={}, classes=("coat", "bag", "boot"))


def test_each_record_has_its_path_its_most_probable_class_and_all_probabilities(tmp_path: Path) -> None:
    answers = PredictionOutput(
        paths=["b.png", "a.png", "ü.png"],
        batches=[np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]], np.float32), np.array([[0, 1, 0]], np.float32)],
    )
    answers.write(tmp_path, 7, CONTRACT)
    assert [entry.name for entry in tmp_path.iterdir()] == ["part-000007.parquet"]
    rows = pq.read_table(tmp_path / "part-000007.parquet")
    assert rows.schema == PREDICTIONS
    assert rows.to_pylist() == [
        {"path": "b.png", "label": "coat", "probabilities": [0.5, 0.25, 0.25]},
        {"path": "a.png", "label": "boot", "probabilities": [0.25, 0.25, 0.5]},
        {"path": "ü.png", "label": "bag", "probabilities": [0, 1, 0]},
    ]


def test_task_without_a_usable_record_writes_columns_and_rejects(tmp_path: Path) -> None:
    answers = PredictionOutput()
    answers.reject("a.png", RejectedRecordError(Reason.EMPTY, "the file has no bytes"))
    answers.write(tmp_path, 0, CONTRACT)
    rows = pq.read_table(tmp_path / "part-000000.parquet")
    assert (rows.schema, rows.num_rows) == (PREDICTIONS, 0)
    rejects = pq.read_table(tmp_path / "_rejects" / "part-000000.parquet").to_pylist()
    assert rejects == [{"path": "a.png", "reason": "empty", "detail": "the file has no bytes"}]


def test_rejects_of_records_with_ids_have_them(tmp_path: Path) -> None:
    output = PredictionOutput(ids=[], lines=[])
    rejection = RejectedRecordError(Reason.EMPTY, "nothing is left")
    output.reject("a.csv:2", rejection, "customer 7")
    output.reject("a.csv:3", rejection)
    output.write(tmp_path, 0, CONTRACT)
    rejects = pq.read_table(tmp_path / "_rejects" / "part-000000.parquet")
    assert rejects.column_names == ["path", "id", "reason", "detail"]
    assert rejects["id"].to_pylist() == ["customer 7", ""]
    write_rejects(tmp_path, tmp_path / "rejects.csv", "csv")
    assert (tmp_path / "rejects.csv").read_text().splitlines()[1] == "a.csv:2,customer 7,empty,nothing is left"


def test_pandas_reads_the_folder_without_its_rejects_and_summary(tmp_path: Path) -> None:
    output = PredictionOutput(paths=["b.png"], batches=[np.array([[0.5, 0.25, 0.25]], np.float32)])
    output.reject("a.png", RejectedRecordError(Reason.EMPTY, "the file has no bytes"))
    output.write(tmp_path, 0, CONTRACT)
    (tmp_path / "_summary.json").write_text("{}")
    predictions = pd.read_parquet(tmp_path)
    probabilities = pd.DataFrame(predictions["probabilities"].tolist(), columns=CONTRACT.classes)
    assert predictions["path"].tolist() == ["b.png"]
    assert probabilities["coat"].tolist() == [0.5]


def test_second_attempt_of_a_task_replaces_the_first(tmp_path: Path) -> None:
    (tmp_path / "part-000000.parquet").write_bytes(b"PAR1 and then the executor was lost")
    answers = PredictionOutput(paths=["a.png"], batches=[np.array([[1, 0, 0]], np.float32)])
    for _ in range(2):
        answers.write(tmp_path, 0, CONTRACT)
    assert [entry.name for entry in tmp_path.iterdir()] == ["part-000000.parquet"]
    assert pq.read_table(tmp_path / "part-000000.parquet").num_rows == 1


def test_in_regression_each_record_has_its_path_and_its_value(tmp_path: Path) -> None:
    numbers = Contract(columns={}, task="regression")
    answers = PredictionOutput(
        paths=["b", "a"], batches=[np.array([[1.5]], np.float32), np.array([[-2.25]], np.float32)]
    )
    answers.write(tmp_path, 0, numbers)
    rows = pq.read_table(tmp_path / "part-000000.parquet")
    assert rows.schema == VALUES
    assert rows.to_pylist() == [{"path": "b", "value": 1.5}, {"path": "a", "value": -2.25}]
    PredictionOutput().write(tmp_path, 1, numbers)
    assert pq.read_table(tmp_path / "part-000001.parquet").schema == VALUES


def test_of_many_labels_those_with_a_half_or_more_are_given_or_what_the_threshold_says(tmp_path: Path) -> None:
    contract = CONTRACT.model_copy(update={"task": "multi_label"})
    batch = np.array([[0.5, 0.25, 0.75], [0.125, 0.25, 0.375], [1, 1, 1]], np.float32)
    expected = {
        None: [["coat", "boot"], [], ["coat", "bag", "boot"]],
        0.25: [["coat", "bag", "boot"], ["bag", "boot"], ["coat", "bag", "boot"]],
    }
    for number, (threshold, labels) in enumerate(expected.items()):
        PredictionOutput(paths=["a", "b", "c"], batches=[batch], threshold=threshold).write(tmp_path, number, contract)
        rows = pq.read_table(tmp_path / f"part-{number:06d}.parquet")
        assert rows.schema == MANY
        assert rows["labels"].to_pylist() == labels
        assert rows["probabilities"].to_pylist() == batch.tolist()
    PredictionOutput().write(tmp_path, 9, contract)
    assert pq.read_table(tmp_path / "part-000009.parquet").schema == MANY


def test_of_two_classes_the_threshold_decides_for_the_second(tmp_path: Path) -> None:
    contract = Contract(columns={}, classes=("ham", "spam"))
    batch = np.array([[0.75, 0.25], [0.5, 0.5], [0.1, 0.9]], np.float32)
    for number, (threshold, labels) in enumerate(
        {None: "ham ham spam", 0.25: "spam spam spam", 0.75: "ham ham spam"}.items()
    ):
        PredictionOutput(paths=["a", "b", "c"], batches=[batch], threshold=threshold).write(tmp_path, number, contract)
        assert pq.read_table(tmp_path / f"part-{number:06d}.parquet")["label"].to_pylist() == labels.split()
