"""The commands on a cluster that authenticates and encrypts, with their settings in a cluster's file."""

import os
from pathlib import Path

import pytest

from tests.support.commands import headrace, run

CHECKED = ["Executors", "Versions there", "Free disk there", "GPUs there", "Network there", "Clocks there"]


@pytest.mark.long
def test_a_check_of_the_cluster_asks_every_executor(settings_file: Path, secret: str, tmp_path: Path) -> None:
    words = ("check", "--cluster", "--slots", "2", "--store", str(tmp_path), "--spark-settings", str(settings_file))
    answer = headrace(*words, cwd=tmp_path, SPARK_SECRET=secret)
    rows = {row["name"]: row for row in answer.json["rows"]}
    assert [name for name, row in rows.items() if not row["ok"]] == []
    assert set(CHECKED) < set(rows)
    assert rows["Executors"]["found"] == "2 with 2 slots; machines: 1"
    assert rows["Shared folder"]["found"].endswith("read and written by 2 of 2 tasks")
    assert "MB/s a rank, between 2" in rows["Allreduce"]["found"]
    assert list(tmp_path.iterdir()) == []
    assert secret not in answer.stdout + answer.stderr


@pytest.mark.long
def test_two_ranks_train_where_all_traffic_of_spark_is_encrypted(
    own: Path, settings_file: Path, secret: str, fashion_mnist: Path
) -> None:
    words = ("train", "conf.yaml", f"spark.cluster={settings_file}")
    found = headrace(*words, cwd=own, SPARK_SECRET=secret)
    assert (found.json["ranks"], found.json["steps"]) == (2, 10)
    told = [file.read_text(errors="replace") for file in (own / "run").rglob("*") if file.is_file()]
    assert secret not in "".join(told) + found.stdout + found.stderr
    words = ("run/bundle", str(fashion_mnist / "test"), "predictions", "--spark-settings", str(settings_file))
    assert headrace("predict", *words, cwd=own, SPARK_SECRET=secret).json["rows"] == 200


def test_a_training_is_refused_at_once_where_executors_come_and_go(own: Path, settings_file: Path, secret: str) -> None:
    words = ("train", "conf.yaml", f"spark.cluster={settings_file}")
    dynamic = "spark.settings={spark.dynamicAllocation.enabled: true}"
    refused = headrace(*words, dynamic, cwd=own, code=2, SPARK_SECRET=secret)
    assert "spark.dynamicAllocation.enabled is true" in refused.last_error_line


@pytest.mark.long
def test_who_has_another_secret_gets_no_executor(settings_file: Path, tmp_path: Path) -> None:
    words = ("check", "--cluster", "--slots", "1", "--spark-settings", str(settings_file))
    answer = headrace(*words, cwd=tmp_path, code=2, SPARK_SECRET="another")
    row = next(row for row in answer.json["rows"] if row["name"] == "Executors")
    assert not row["ok"]
    assert "Spark did not start on spark://" in row["fix"]
    assert "spark.authenticate.secret" in row["fix"]


@pytest.mark.long
def test_the_settings_of_spark_submit_come_from_the_same_file(
    root: Path, settings_file: Path, secret: str, fashion_mnist: Path, tmp_path: Path
) -> None:
    """`spark-submit --properties-file`, and nothing else about the cluster."""
    from tests.support.workspace import write_configuration

    write_configuration(tmp_path, fashion_mnist)
    headrace("properties", str(settings_file), "prepare", "prepare.properties", cwd=tmp_path, SPARK_SECRET=secret)
    assert (tmp_path / "prepare.properties").stat().st_mode & 0o777 == 0o600
    command = ["spark-submit", "--properties-file", "prepare.properties", str(root / "jobs/prepare.py"), "conf.yaml"]
    done = run(command, cwd=tmp_path, **{"PYSPARK_PYTHON": os.environ.get("PYSPARK_PYTHON", "python3")})
    assert done.json["written"] == 1400
