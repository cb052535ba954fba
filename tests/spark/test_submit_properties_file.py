"""A cluster file is written as a properties file for spark-submit."""

from pathlib import Path

import pytest

from headrace.errors import ConfigurationError
from headrace.spark.submit_properties_file import write_properties
from tests.support.commands import headrace


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    """Write a cluster file with a secret and a setting of `train`."""
    file = tmp_path / "cluster.yaml"
    file.write_text("settings: {spark.b: 'a \\ b', spark.authenticate.secret: $OURS}\ntrain: {spark.a: 2}\n")
    return file


def test_write_properties_writes_one_line_per_setting_for_this_user_only(
    cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "1234")
    output = tmp_path / "out"
    output.touch(mode=0o644)
    assert write_properties(cluster, "train", output)["settings"] == 3
    assert output.read_text() == "spark.a 2\nspark.authenticate.secret 1234\nspark.b a \\\\ b\n"
    assert output.stat().st_mode & 0o777 == 0o600


def test_command_without_spark_is_refused(cluster: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="`evaluate` does not run on Spark; expected one of check, prepare"):
        write_properties(cluster, "evaluate", tmp_path / "out")


def test_command_prints_file_and_number_of_settings(root: Path, tmp_path: Path) -> None:
    result = headrace(
        "spark-properties", str(root / "conf/cluster/local.yaml"), "prepare", "local.properties", cwd=tmp_path
    )
    assert result.json == {"properties": "local.properties", "command": "prepare", "settings": 6}
