"""A cluster of containers, used like a user does: with spark-submit on the client."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.containers.engine import CommandResult, run
from tests.support.container_cluster import CLIENT, ContainerCluster, submission
from tests.support.running_training import wait_for

pytestmark = [pytest.mark.container, pytest.mark.timeout(1800)]

STEPS = 400
PAGES = ("http://master:8080", "http://worker-1:8081", "http://history:18080", "http://mlflow:5000/health")


@pytest.fixture(scope="module")
def prepared(containers: ContainerCluster) -> CommandResult:
    """Prepare the table and return the output."""
    return containers.submit("prepare", "/work/conf.yaml")


@pytest.fixture(scope="module")
def trained(containers: ContainerCluster, prepared: CommandResult) -> CommandResult:
    """Train a model and return the output."""
    return containers.submit("train", "/work/conf.yaml")


@pytest.mark.parametrize("page", [*PAGES, "http://s3:9000"])
def test_every_service_responds(containers: ContainerCluster, page: str) -> None:
    program = f"import urllib.request; print(urllib.request.urlopen('{page}').status)"

    def answers() -> bool:
        words = (containers.engine.program, "exec", CLIENT, "python", "-c", program)
        return subprocess.run(words, capture_output=True).stdout.strip() == b"200"

    wait_for(answers, 120)


def test_check_finds_two_machines_with_shared_folder(containers: ContainerCluster) -> None:
    answer = containers.client("headrace", "check", "--cluster", "--slots", "2", "--store", "/work").json
    rows = {row["name"]: row for row in answer["rows"]}
    assert rows["Executors"]["found"] == "2 with 2 slots; machines: 2"
    assert "2 of 2 tasks" in rows["Shared folder"]["found"]
    assert answer["ok"]


def test_prepare_writes_all_images(prepared: CommandResult) -> None:
    found = prepared.json
    assert (found["rows_in"], found["written"], found["rejected"]) == (1400, 1400, 0)


def test_train_runs_one_rank_on_each_worker(trained: CommandResult) -> None:
    assert (trained.json["ranks"], trained.json["steps"], trained.json["restarts"]) == (2, STEPS, 0)
    # Spark prints the standard error of a Python driver on standard output.
    assert sorted(re.findall(r"Rank \d runs on (\S+)", trained.out + trained.log)) == ["worker-1", "worker-2"]


def test_trained_model_evaluates_and_predicts(containers: ContainerCluster, trained: CommandResult) -> None:
    bundle = trained.json["bundle"]
    evaluated = containers.submit("evaluate", bundle, "--table", "/work/table").json
    assert evaluated["metrics"]["accuracy"] > 0.5
    predicted = containers.submit("predict", bundle, "/work/raw/test", "/work/predictions").json
    assert (predicted["rows"], predicted["rejected"]) == (200, 0)


def test_train_recovers_from_killed_worker(containers: ContainerCluster, trained: CommandResult) -> None:
    """The container is restarted, as an orchestrator does; the weights equal those of the undisturbed run."""
    engine = containers.engine
    words = (engine.program, "exec", CLIENT, *submission("train", "/work/conf.yaml", "train.run=/work/killed"))
    driver = subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    look = (engine.program, "exec", CLIENT, "sh", "-c", "ls /work/killed/checkpoints")
    wait_for(lambda: "step-" in subprocess.run(look, capture_output=True, text=True).stdout, 180)
    run(engine.program, "kill", "headrace-worker-2")
    run(engine.program, "start", "headrace-worker-2")
    out, log = driver.communicate(timeout=500)
    assert driver.returncode == 0, log[-4000:]
    found = json.loads(out.splitlines()[-1])
    assert found["restarts"] >= 1
    assert (found["steps"], found["weights_sha256"]) == (STEPS, trained.json["weights_sha256"])


def test_history_server_lists_training(containers: ContainerCluster, trained: CommandResult) -> None:
    program = "import urllib.request; print(urllib.request.urlopen('http://history:18080/api/v1/applications').read().decode())"
    told: list[dict[str, Any]] = wait_for(lambda: json.loads(containers.client("python", "-c", program).out), 60)
    assert "headrace train" in {application["name"] for application in told}


def test_container_user_is_not_root(containers: ContainerCluster) -> None:
    assert containers.client("id", "-u").out.strip() == "10001"
    assert Path(containers.client("which", "headrace").out.strip()).parent.name == "bin"
