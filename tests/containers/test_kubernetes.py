"""Headrace on Kubernetes as in docs/clusters/kubernetes.md: spark-submit in cluster mode, ranks in pods."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.kubernetes import CLIENT, Driver, KubernetesCluster, kubectl, kubernetes_cluster
from tests.support.container_cluster import CONFIGURATION, archive
from tests.support.running_training import wait_for

pytestmark = [pytest.mark.container, pytest.mark.timeout(1800)]

STEPS = 400


@pytest.fixture(scope="module")
def kubernetes(
    root: Path, fashion_mnist: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KubernetesCluster]:
    """Return the cluster with raw images and a configuration on the shared volume."""
    with kubernetes_cluster(root, tmp_path_factory.mktemp("kubernetes")) as cluster:
        files = archive(fashion_mnist, CONFIGURATION.replace("/work/", f"{cluster.folder}/"))
        cluster.client("tar", "-x", "-C", cluster.folder, input=files)
        yield cluster


@pytest.fixture(scope="module")
def prepared(kubernetes: KubernetesCluster) -> Driver:
    """Prepare the table and return the driver."""
    return kubernetes.submit("prepare", f"{kubernetes.folder}/conf.yaml")


@pytest.fixture(scope="module")
def trained(kubernetes: KubernetesCluster, prepared: Driver) -> Driver:
    """Train a model and return the driver."""
    return kubernetes.submit("train", f"{kubernetes.folder}/conf.yaml")


def test_prepare_writes_all_images(prepared: Driver) -> None:
    found = prepared.json
    assert (found["rows_in"], found["written"], found["rejected"]) == (1400, 1400, 0)


def test_train_runs_one_rank_in_each_pod(trained: Driver) -> None:
    assert (trained.json["ranks"], trained.json["steps"], trained.json["restarts"]) == (2, STEPS, 0)
    ranks = re.findall(r"Rank \d runs on headrace-train-\w+-(exec-\d)", trained.log)
    assert sorted(ranks) == ["exec-1", "exec-2"]


def test_trained_model_evaluates_and_predicts(kubernetes: KubernetesCluster, trained: Driver) -> None:
    bundle, folder = trained.json["bundle"], kubernetes.folder
    evaluated = kubernetes.client("headrace", "evaluate", bundle, "--table", f"{folder}/table").json
    assert evaluated["metrics"]["accuracy"] > 0.5
    predicted = kubernetes.submit("predict", bundle, f"{folder}/raw/test", f"{folder}/predictions").json
    assert (predicted["rows"], predicted["rejected"]) == (200, 0)


def test_train_recovers_from_deleted_pod(kubernetes: KubernetesCluster, trained: Driver) -> None:
    """Spark requests a replacement executor; the weights equal those of the undisturbed run."""
    run = f"{kubernetes.folder}/killed"
    submission = kubernetes.start("train", f"{kubernetes.folder}/conf.yaml", f"train.run={run}")
    look = ("kubectl", "-n", "headrace", "exec", CLIENT, "--", "ls", f"{run}/checkpoints")
    wait_for(lambda: "step-" in subprocess.run(look, capture_output=True, text=True).stdout, 180)
    kubectl("delete", "pod", "-l", "spark-exec-id=2,started-by=tests")
    found = kubernetes.end(submission, "train").json
    assert found["restarts"] >= 1
    assert (found["steps"], found["weights_sha256"]) == (STEPS, trained.json["weights_sha256"])
