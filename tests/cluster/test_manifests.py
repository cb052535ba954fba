"""The Kubernetes manifests are valid for Kubernetes and for the Spark operator."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from headrace.config import load_cluster

FOLDER = Path("conf/cluster/kubernetes")
KUBERNETES = "1.31"


def load_documents(root: Path, name: str) -> list[dict[str, Any]]:
    """Return the YAML documents of a manifest."""
    return list(yaml.safe_load_all((root / FOLDER / name).read_text()))


@pytest.mark.parametrize("name", ["namespace.yaml", "pod.yaml", "client.yaml"])
def test_manifests_match_the_kubernetes_schemas(root: Path, name: str) -> None:
    for document in load_documents(root, name):
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_manifest_with_unknown_key_is_refused(root: Path) -> None:
    (pod,) = load_documents(root, "pod.yaml")
    pod["spec"]["securityContext"]["runAsRoot"] = False
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)


def unknown_keys(document: Any, parsed: Any, path: str = "") -> list[str]:
    """Return the paths of the keys of `document` that `parsed` lacks."""
    if isinstance(document, dict) and isinstance(parsed, dict):
        return [f"{path}.{key}" for key in document if key not in parsed] + [
            name
            for key in document.keys() & parsed
            for name in unknown_keys(document[key], parsed[key], f"{path}.{key}")
        ]
    if isinstance(document, list) and isinstance(parsed, list):
        return [name for a, b in zip(document, parsed, strict=True) for name in unknown_keys(a, b, path)]
    return []


def parse_application(application: dict[str, Any]) -> dict[str, Any]:
    """Return the application after a round trip through the operator's model, whose import takes a second."""
    from kubeflow_spark_api.models import SparkV1beta2SparkApplication

    model = SparkV1beta2SparkApplication.from_dict(application)
    assert model is not None
    parsed: dict[str, Any] = model.to_dict()
    return parsed


def test_spark_application_has_only_keys_of_the_operator(root: Path) -> None:
    (application,) = load_documents(root, "spark-application.yaml")
    assert unknown_keys(application, parse_application(application)) == []
    application["spec"]["executor"]["instancs"] = 2
    assert unknown_keys(application, parse_application(application)) == [".spec.executor.instancs"]


def test_spark_application_has_the_settings_of_spark_submit(root: Path) -> None:
    (application,) = load_documents(root, "spark-application.yaml")
    submitted = load_cluster(root / "conf" / "cluster" / "kubernetes.yaml").settings_for("train")
    executor, settings = application["spec"]["executor"], application["spec"]["sparkConf"]
    assert str(executor["instances"]) == submitted["spark.executor.instances"]
    assert str(executor["cores"]) == submitted["spark.executor.cores"]
    assert executor["memoryOverhead"] == submitted["spark.executor.memoryOverhead"]
    shared = settings.keys() & submitted
    assert {key: settings[key] for key in shared} == {key: submitted[key] for key in shared}
    assert "spark.authenticate" in shared
