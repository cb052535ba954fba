"""Where the parts of a prediction run: in the command's own process, or as tasks of Spark."""

from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import PIL.Image
import pytest
from pyspark.sql import SparkSession

from headrace.predict import run_on_spark_or_in_process
from headrace.predict.job import PredictOptions, predict
from tests.support.commands import headrace
from tests.support.small_table import Content, some_rows, write_table

pytestmark = pytest.mark.tensorflow

# A Spark that starts without Java is refused with a sentence about it.
NO_JAVA = {"JAVA_HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(10):
        pixels = np.random.default_rng(number).integers(0, 256, (12, 10, 3), np.uint8)
        PIL.Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_few_files_are_predicted_without_spark(photo_bundle: Path, photos: Path, tmp_path: Path) -> None:
    answer = headrace("predict", str(photo_bundle), "photos", "answers.csv", cwd=tmp_path, **NO_JAVA)
    assert answer.json["rows"] == 10
    assert "Spark" not in answer.stderr


def test_small_table_of_many_shards_is_predicted_without_spark(
    photo_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every split has a shard of its own, so that a table has more parts than a few files."""
    small = some_rows(4, shards=(2, 2), shape=(12, 10, 3))
    write_table(tmp_path / "table", Content(splits={"train": small, "val": small, "test": small}))
    answer = headrace("predict", str(photo_bundle), "table", "answers.csv", cwd=tmp_path, **NO_JAVA)
    assert answer.json["rows"] == 12
    assert "Spark" not in answer.stderr
    monkeypatch.setattr(run_on_spark_or_in_process, "MAX_ROWS_IN_PROCESS", 11)
    monkeypatch.setattr(run_on_spark_or_in_process, "has_cluster", lambda *_: False)
    monkeypatch.setattr(run_on_spark_or_in_process, "session", Mock(side_effect=KeyError))
    with pytest.raises(KeyError):
        predict(photo_bundle, tmp_path / "table", tmp_path / "again.csv")


def test_named_cluster_runs_the_fewest_files(photo_bundle: Path, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "cluster.yaml").write_text("settings: {spark.master: 'local[1]'}")
    words = ("predict", str(photo_bundle), "photos", "answers.csv", "--spark-settings", "cluster.yaml")
    assert "Java" in headrace(*words, cwd=tmp_path, code=2, **NO_JAVA).last_error_line


def test_master_of_spark_defaults_runs_the_fewest_files(photo_bundle: Path, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "spark-defaults.conf").write_text("spark.master local[1]\n")
    environment = {**NO_JAVA, "SPARK_CONF_DIR": str(tmp_path)}
    words = ("predict", str(photo_bundle), "photos", "answers.csv")
    assert "Java" in headrace(*words, cwd=tmp_path, code=2, **environment).last_error_line


def test_spark_and_this_process_predict_the_same(
    spark: SparkSession, photo_bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict(photo_bundle, photos, tmp_path / "spark.jsonl")
    monkeypatch.setattr(run_on_spark_or_in_process, "has_cluster", lambda *_: False)
    monkeypatch.setattr(run_on_spark_or_in_process, "session", None)
    predict(photo_bundle, photos, tmp_path / "here.jsonl", PredictOptions())
    pd.testing.assert_frame_equal(
        *(pd.read_json(tmp_path / name, lines=True) for name in ("spark.jsonl", "here.jsonl"))
    )


def test_many_parts_are_left_to_spark(
    photo_bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Mock(side_effect=KeyError)
    monkeypatch.setattr(run_on_spark_or_in_process, "MAX_PARTS_IN_PROCESS", 0)
    monkeypatch.setattr(run_on_spark_or_in_process, "has_cluster", lambda *_: False)
    monkeypatch.setattr(run_on_spark_or_in_process, "session", started)
    with pytest.raises(KeyError):
        predict(photo_bundle, photos, tmp_path / "answers.csv")
    assert started.call_args.args[0] == "predict"
    assert not (tmp_path / "answers.csv").exists()


@pytest.mark.parametrize(
    ("parts", "slots", "tasks"),
    [(1, 2, 1), (3, 2, 2), (8, 2, 2), (24, 2, 4), (70, 2, 8), (1000, 64, 128), (40, 64, 40)],
)
def test_tasks_fill_all_slots_in_each_round(parts: int, slots: int, tasks: int) -> None:
    """Three tasks on two slots took as long as four: the last one ran alone."""
    assert run_on_spark_or_in_process._count_tasks(parts, slots) == tasks
