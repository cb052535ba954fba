"""The Kubernetes cluster of the person who runs the tests.

KUBECONFIG       the cluster; tests create the namespace `headrace` there, whose claim must find a volume
HEADRACE_IMAGE   the image of docker/Dockerfile, by a name under which the cluster's nodes have it or can pull it
"""

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.containers.engine import CommandResult, run

CLIENT = "tests-client"
MANIFESTS = Path("conf", "cluster", "kubernetes")
# One driver and two executors of one core each on a small node; the rest is in conf/cluster/kubernetes.yaml.
SETTINGS = {
    "spark.executor.instances": "2",
    "spark.executor.cores": "1",
    "spark.task.cpus": "1",
    "spark.executor.memory": "512m",
    "spark.executor.memoryOverhead": "2g",
    "spark.driver.memory": "1g",
    "spark.kubernetes.driver.request.cores": "100m",
    "spark.kubernetes.executor.request.cores": "100m",
    "spark.kubernetes.driver.label.started-by": "tests",
    "spark.kubernetes.executor.label.started-by": "tests",
}


def kubectl(*words: str, seconds: float = 300, input: bytes | None = None) -> CommandResult:
    """Run kubectl in Headrace's namespace."""
    return run("kubectl", "-n", "headrace", *words, seconds=seconds, input=input)


@dataclass(frozen=True)
class Driver:
    """The pod of a driver that succeeded."""

    log: str

    @property
    def json(self) -> dict[str, Any]:
        """The job's result; a pod's log mixes standard output and standard error."""
        found: dict[str, Any] = json.loads(re.findall(r"^{\".*}$", self.log, re.MULTILINE)[-1])
        return found


@dataclass(frozen=True)
class KubernetesCluster:
    """The cluster, as seen from the checkout at `root`.

    Attributes:
        folder: the folder of the tests on the shared volume.
        scratch: a folder on this machine.
    """

    root: Path
    folder: str
    scratch: Path

    def client(self, *words: str, input: bytes | None = None) -> CommandResult:
        """Run a command in the client pod."""
        return kubectl("exec", *([] if input is None else ["-i"]), CLIENT, "--", *words, input=input)

    def start(self, job: str, *words: str) -> "subprocess.Popen[bytes]":
        """Submit one of the jobs with `spark-submit`; its driver runs in a pod."""
        file = str(self.scratch / f"{job}.properties")
        cluster = str(self.root / "conf" / "cluster" / "kubernetes.yaml")
        run(sys.executable, "-m", "headrace", "spark-properties", cluster, job, file)
        kubectl("delete", "pod", f"test-{job}", "--ignore-not-found")
        settings = SETTINGS | {"spark.kubernetes.driver.pod.name": f"test-{job}"}
        options = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
        program = ("spark-submit", "--properties-file", file, *options, f"local:///opt/headrace/jobs/{job}.py")
        with (self.scratch / f"{job}.log").open("wb") as log:
            return subprocess.Popen([*program, *words], cwd=self.root, stdout=log, stderr=log)

    def end(self, submission: "subprocess.Popen[bytes]", job: str) -> Driver:
        """Wait for the end of a submission, which must succeed."""
        submission.wait(580)
        # spark-submit exits with 0 even if the driver fails.
        phase = kubectl("get", "pod", f"test-{job}", "-o", "jsonpath={.status.phase}").out
        log = kubectl("logs", f"test-{job}").out
        assert phase == "Succeeded", f"{phase}:\n{log[-4000:]}\n{(self.scratch / f'{job}.log').read_text()[-2000:]}"
        return Driver(log)

    def submit(self, job: str, *words: str) -> Driver:
        """Submit a job and wait for its end."""
        return self.end(self.start(job, *words), job)


@contextmanager
def kubernetes_cluster(root: Path, scratch: Path) -> Iterator[KubernetesCluster]:
    """Create Headrace's namespace, a client and a new folder; all but the namespace are removed afterwards."""
    os.environ.setdefault("KUBERNETES_MASTER", f"k8s://{_require_cluster()}")
    kubectl("apply", "-f", str(root / MANIFESTS / "namespace.yaml"))
    client = yaml.safe_load((root / MANIFESTS / "client.yaml").read_text())
    client["metadata"]["name"] = CLIENT
    client["spec"]["containers"][0]["image"] = os.environ["HEADRACE_IMAGE"]
    kubectl("apply", "-f", "-", input=json.dumps(client).encode())
    kubectl("wait", "--for=condition=Ready", f"pod/{CLIENT}", "--timeout=280s")
    cluster = KubernetesCluster(root, f"/work/tests-{uuid.uuid4().hex[:8]}", scratch)
    try:
        cluster.client("mkdir", cluster.folder)
        yield cluster
    finally:
        cluster.client("rm", "-rf", cluster.folder)
        kubectl("delete", "pod", "--wait=false", "-l", "started-by=tests")
        kubectl("delete", "pod", "--wait=false", CLIENT)


def _require_cluster() -> str:
    """Return the address of the cluster, or skip the test where something is missing."""
    for name in ("KUBECONFIG", "HEADRACE_IMAGE"):
        if not os.environ.get(name):
            pytest.skip(f"{name} is not set; tests/containers/kubernetes.py says what it names")
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not here")
    words = ("kubectl", "config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
    server = subprocess.run(words, capture_output=True, text=True).stdout
    if subprocess.run(["kubectl", "get", "--raw", "/version"], capture_output=True).returncode:
        pytest.skip(f"the cluster of KUBECONFIG ({server or 'it names none'}) does not answer")
    return server
