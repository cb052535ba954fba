"""The Kubernetes cluster of whoever runs the tests.

KUBECONFIG       names it; tests make the namespace `headrace` there, whose claim must find a volume
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

from tests.containers.engine import Said, run

CLIENT = "tests-client"
MANIFESTS = Path("conf", "cluster", "kubernetes")
# A driver and two executors of one core on one small node; else as conf/cluster/kubernetes.yaml says.
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


def kubectl(*words: str, seconds: float = 300, input: bytes | None = None) -> Said:
    """A command to the cluster, in Headrace's namespace."""
    return run("kubectl", "-n", "headrace", *words, seconds=seconds, input=input)


@dataclass(frozen=True)
class Driver:
    """A driver that has ended well."""

    log: str

    @property
    def json(self) -> dict[str, Any]:
        """What the job answered: in a pod's log, standard output and standard error are one."""
        found: dict[str, Any] = json.loads(re.findall(r"^{\".*}$", self.log, re.MULTILINE)[-1])
        return found


@dataclass(frozen=True)
class KubernetesCluster:
    """The cluster, seen from the checkout at `root`.

    Attributes:
        folder: of the tests, on the shared volume.
        scratch: on this machine.
    """

    root: Path
    folder: str
    scratch: Path

    def client(self, *words: str, input: bytes | None = None) -> Said:
        """Run a command in the client."""
        return kubectl("exec", *([] if input is None else ["-i"]), CLIENT, "--", *words, input=input)

    def start(self, job: str, *words: str) -> "subprocess.Popen[bytes]":
        """`spark-submit` one of the jobs, to a driver in a pod."""
        file = str(self.scratch / f"{job}.properties")
        cluster = str(self.root / "conf" / "cluster" / "kubernetes.yaml")
        run(sys.executable, "-m", "headrace", "properties", cluster, job, file)
        kubectl("delete", "pod", f"test-{job}", "--ignore-not-found")
        settings = SETTINGS | {"spark.kubernetes.driver.pod.name": f"test-{job}"}
        options = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
        program = ("spark-submit", "--properties-file", file, *options, f"local:///opt/headrace/jobs/{job}.py")
        with (self.scratch / f"{job}.log").open("wb") as log:
            return subprocess.Popen([*program, *words], cwd=self.root, stdout=log, stderr=log)

    def end(self, submission: "subprocess.Popen[bytes]", job: str) -> Driver:
        """Wait for the end of what was started; it must be a good one."""
        submission.wait(580)
        # spark-submit ends with 0 however the driver did.
        phase = kubectl("get", "pod", f"test-{job}", "-o", "jsonpath={.status.phase}").out
        log = kubectl("logs", f"test-{job}").out
        assert phase == "Succeeded", f"{phase}:\n{log[-4000:]}\n{(self.scratch / f'{job}.log').read_text()[-2000:]}"
        return Driver(log)

    def submit(self, job: str, *words: str) -> Driver:
        """`start` and `end`."""
        return self.end(self.start(job, *words), job)


@contextmanager
def kubernetes_cluster(root: Path, scratch: Path) -> Iterator[KubernetesCluster]:
    """With Headrace's namespace, a client and a new folder; what tests made is removed, the namespace stays."""
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
    """The address of the cluster; the test is skipped where something is missing."""
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
