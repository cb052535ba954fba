"""Commands on a cluster with authentication and encryption, configured by a cluster file."""

import os
from pathlib import Path

import pytest

from tests.support.commands import headrace, run

pytestmark = pytest.mark.spark

ROWS = ["Executors", "Executor versions", "Executor disk", "Executor GPUs", "Executor network", "Executor clocks"]


@pytest.mark.long
def test_check_probes_every_executor(settings_file: Path, secret: str, tmp_path: Path) -> None:
    arguments = ("check", "--cluster", "--slots", "2", "--store", str(tmp_path), "--spark-settings", str(settings_file))
    result = headrace(*arguments, cwd=tmp_path, SPARK_SECRET=secret)
    rows = {row["name"]: row for row in result.json["rows"]}
    assert [name for name, row in rows.items() if not row["ok"]] == []
    assert set(ROWS) < set(rows)
    assert rows["Executors"]["found"] == "2 with 2 slots; machines: 1"
    assert rows["Shared folder"]["found"].endswith("read and written by 2 of 2 tasks")
    assert "MB/s per rank, 2 ranks" in rows["Allreduce"]["found"]
    assert list(tmp_path.iterdir()) == []
    assert secret not in result.stdout + result.stderr


@pytest.mark.long
def test_two_ranks_train_with_encrypted_spark_traffic(
    own: Path, settings_file: Path, secret: str, fashion_mnist: Path
) -> None:
    arguments = ("train", "conf.yaml", f"spark.cluster={settings_file}")
    result = headrace(*arguments, cwd=own, SPARK_SECRET=secret)
    assert (result.json["ranks"], result.json["steps"]) == (2, 10)
    contents = [file.read_text(errors="replace") for file in (own / "run").rglob("*") if file.is_file()]
    assert secret not in "".join(contents) + result.stdout + result.stderr
    arguments = ("run/bundle", str(fashion_mnist / "test"), "predictions", "--spark-settings", str(settings_file))
    assert headrace("predict", *arguments, cwd=own, SPARK_SECRET=secret).json["rows"] == 200


def test_train_refuses_dynamic_allocation(own: Path, settings_file: Path, secret: str) -> None:
    arguments = ("train", "conf.yaml", f"spark.cluster={settings_file}")
    dynamic = "spark.settings={spark.dynamicAllocation.enabled: true}"
    refused = headrace(*arguments, dynamic, cwd=own, code=2, SPARK_SECRET=secret)
    assert "spark.dynamicAllocation.enabled is true" in refused.last_error_line


@pytest.mark.long
def test_driver_with_another_secret_gets_no_executor(settings_file: Path, tmp_path: Path) -> None:
    arguments = ("check", "--cluster", "--slots", "1", "--spark-settings", str(settings_file))
    result = headrace(*arguments, cwd=tmp_path, code=2, SPARK_SECRET="another")
    row = next(row for row in result.json["rows"] if row["name"] == "Executors")
    assert not row["ok"]
    assert "Spark did not start on spark://" in row["fix"]
    assert "spark.authenticate.secret" in row["fix"]


@pytest.mark.long
def test_spark_submit_takes_settings_from_the_cluster_file(
    root: Path, settings_file: Path, secret: str, fashion_mnist: Path, tmp_path: Path
) -> None:
    """`spark-submit --properties-file` needs no other option about the cluster."""
    from tests.support.workspace import write_configuration

    write_configuration(tmp_path, fashion_mnist)
    headrace("spark-properties", str(settings_file), "prepare", "prepare.properties", cwd=tmp_path, SPARK_SECRET=secret)
    assert (tmp_path / "prepare.properties").stat().st_mode & 0o777 == 0o600
    command = ["spark-submit", "--properties-file", "prepare.properties", str(root / "jobs/prepare.py"), "conf.yaml"]
    result = run(command, cwd=tmp_path, **{"PYSPARK_PYTHON": os.environ.get("PYSPARK_PYTHON", "python3")})
    assert result.json["written"] == 1400
