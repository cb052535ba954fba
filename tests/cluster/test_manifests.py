"""The Kubernetes manifests say what Kubernetes and the Spark operator understand."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from kubeflow_spark_api.models import SparkV1beta2SparkApplication

from headrace.config import load_cluster

FOLDER = Path("conf/cluster/kubernetes")
KUBERNETES = "1.31"


def documents(root: Path, name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((root / FOLDER / name).read_text()))


@pytest.mark.parametrize("name", ["namespace.yaml", "pod.yaml", "client.yaml"])
def test_manifests_fit_the_schemas_of_kubernetes(root: Path, name: str) -> None:
    for document in documents(root, name):
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_a_manifest_with_a_wrong_key_would_be_noticed(root: Path) -> None:
    (pod,) = documents(root, "pod.yaml")
    pod["spec"]["securityContext"]["runAsRoot"] = False
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)


def unknown(told: Any, understood: Any, place: str = "") -> list[str]:
    """The keys of `told` that are not in what was understood of it."""
    if isinstance(told, dict) and isinstance(understood, dict):
        lost = [f"{place}.{key}" for key in told if key not in understood]
        return lost + [
            one for key in told.keys() & understood for one in unknown(told[key], understood[key], f"{place}.{key}")
        ]
    if isinstance(told, list) and isinstance(understood, list):
        return [one for a, b in zip(told, understood, strict=True) for one in unknown(a, b, place)]
    return []


def understood(application: dict[str, Any]) -> dict[str, Any]:
    known = SparkV1beta2SparkApplication.from_dict(application)
    assert known is not None
    found: dict[str, Any] = known.to_dict()
    return found


def test_the_spark_operator_understands_every_key_of_the_application(root: Path) -> None:
    (application,) = documents(root, "spark-application.yaml")
    assert unknown(application, understood(application)) == []
    application["spec"]["executor"]["instancs"] = 2
    assert unknown(application, understood(application)) == [".spec.executor.instancs"]


def test_the_application_and_spark_submit_are_told_the_same(root: Path) -> None:
    (application,) = documents(root, "spark-application.yaml")
    told = load_cluster(root / "conf" / "cluster" / "kubernetes.yaml").of("train")
    executor, settings = application["spec"]["executor"], application["spec"]["sparkConf"]
    assert str(executor["instances"]) == told["spark.executor.instances"]
    assert str(executor["cores"]) == told["spark.executor.cores"]
    assert executor["memoryOverhead"] == told["spark.executor.memoryOverhead"]
    shared = settings.keys() & told
    assert {key: settings[key] for key in shared} == {key: told[key] for key in shared}
    assert "spark.authenticate" in shared
