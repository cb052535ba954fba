"""A cluster's file: Spark's settings for all commands and for single ones."""

from pathlib import Path
from typing import Any

import pytest

from headrace.config import load, load_cluster, spark_settings
from headrace.config.configuration_model import Spark
from headrace.errors import ConfigurationError

FILES = ("local", "standalone", "yarn", "kubernetes")
VARIABLES = ("SPARK_MASTER", "SPARK_SECRET", "KUBERNETES_MASTER", "HEADRACE_IMAGE")
# Families whose last parts are names that a user gives.
FAMILIES = (
    "spark.kubernetes.driver.volumes.",
    "spark.kubernetes.executor.volumes.",
    "spark.executor.resource.",
    "spark.task.resource.",
)
# What Spark keeps its settings in; each is known when its class has been loaded.
HOLDERS = (
    "org.apache.spark.internal.config.package$",
    "org.apache.spark.internal.config.Network$",
    "org.apache.spark.internal.config.Python$",
    "org.apache.spark.internal.config.UI$",
    "org.apache.spark.deploy.k8s.Config$",
    "org.apache.spark.deploy.yarn.config.package$",
)
# Known to spark-submit alone, to Python alone, or to the network library, which reads them by name.
READ_BY_NAME = ("spark.master", "spark.python.worker.memory", "spark.network.crypto.cipher")


def written(folder: Path, text: str) -> Path:
    file = folder / "cluster.yaml"
    file.write_text(text)
    return file


def test_command_settings_override_common_settings(tmp_path: Path) -> None:
    file = written(tmp_path, "settings: {spark.a: 1, spark.b: true}\ntrain: {spark.a: 2}\n")
    cluster = load_cluster(file)
    assert cluster.settings_for("train") == {"spark.a": "2", "spark.b": "true"}
    assert cluster.settings_for("prepare") == cluster.settings_for("tests") == {"spark.a": "1", "spark.b": "true"}


def test_configuration_overrides_cluster_file(tmp_path: Path) -> None:
    file = written(tmp_path, "settings: {spark.a: 1, spark.b: 1}\n")
    section = Spark.model_validate({"cluster": str(file), "settings": {"spark.b": 2}})
    assert spark_settings(section, "train") == {"spark.a": "1", "spark.b": "2"}


def test_cluster_file_resolves_environment_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, "settings: {spark.authenticate.secret: $OUR_SECRET}\n")
    section = Spark(cluster=str(file))
    with pytest.raises(
        ConfigurationError, match=r"spark.authenticate.secret` is \$OUR_SECRET, but this environment variable"
    ):
        spark_settings(section, "train")
    monkeypatch.setenv("OUR_SECRET", "1234")
    assert spark_settings(section, "train") == {"spark.authenticate.secret": "1234"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("settings: {master: x}", "master is not a Spark setting"),
        ("setings: {}", "unknown key `setings`; did you mean `settings`?"),
        ("settings: {spark.a: [1]}", "`settings.spark.a`"),
        ("- spark.a", "must hold sections"),
    ],
)
def test_cluster_file_reports_mistake_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_cluster(written(tmp_path, text))
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_cluster_file_is_reported_with_the_folder_of_examples() -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere.yaml cannot be read .* conf/cluster/"):
        load_cluster("nowhere.yaml")


@pytest.mark.parametrize(
    "name",
    [
        "spark.authenticate.secret",
        "spark.ssl.keyPassword",
        "spark.hadoop.fs.s3a.secret.key",
        "spark.hadoop.fs.azure.account.key.photos.dfs.core.windows.net",
    ],
)
def test_literal_secret_is_refused_and_not_repeated(root: Path, name: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(root / "conf" / "images.yaml", [f"spark.settings={{{name}: hidden1234}}"])
    assert f"{name} is a secret" in str(error.value)
    assert "hidden1234" not in str(error.value)


def test_setting_that_only_sounds_secret_is_accepted(tmp_path: Path) -> None:
    cluster = load_cluster(written(tmp_path, "settings: {spark.authenticate.secretBitLength: 256}\n"))
    assert cluster.settings_for("train") == {"spark.authenticate.secretBitLength": "256"}


@pytest.mark.parametrize("name", FILES)
def test_shipped_cluster_files_have_only_settings_of_spark(
    root: Path, spark: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in VARIABLES:
        monkeypatch.setenv(variable, "x")
    jvm = spark.sparkContext._jvm
    for holder in HOLDERS:
        jvm.java.lang.Class.forName(holder)
    entries = jvm.org.apache.spark.internal.config.ConfigEntry
    cluster = load_cluster(root / "conf" / "cluster" / f"{name}.yaml")
    told = {key for command in ("check", "prepare", "train", "predict") for key in cluster.settings_for(command)}
    known = {key for key in told if key.startswith((*FAMILIES, *READ_BY_NAME)) or entries.findEntry(key)}
    assert told - known == set()
    assert entries.findEntry("spark.executor.coers") is None


@pytest.mark.parametrize("name", FILES)
def test_executors_stay_while_ranks_train(root: Path, name: str) -> None:
    told = load_cluster(root / "conf" / "cluster" / f"{name}.yaml").settings_for("train")
    assert told.get("spark.dynamicAllocation.enabled", "false") == "false"
