"""The schedules for cron, Kubernetes and Airflow run existing programs; Airflow runs for real."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.retrain.daily_project import add_day, write_project
from tests.support.commands import headrace, run
from tests.support.workspace import ROOT

pytestmark = [pytest.mark.spark, pytest.mark.horovod]

PIPELINES = ROOT / "pipelines"
AIRFLOW = ROOT / ".venv-airflow" / "bin" / "airflow"


def test_retrain_program_has_options_of_command(tmp_path: Path) -> None:
    program = run([sys.executable, str(PIPELINES / "retrain.py"), "--help"], cwd=tmp_path).stdout
    assert program.split("Options")[1] == headrace("retrain", "--help", cwd=tmp_path).stdout.split("Options")[1]


def test_crontab_runs_program_in_its_folder(tmp_path: Path) -> None:
    *_, line = (PIPELINES / "crontab").read_text().splitlines()
    schedule, command = line.split(" cd ", 1)
    assert re.fullmatch(r"(\S+ ){4}\S+", schedule)
    for name in ("pipelines", "conf"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    environment = os.environ | {"HEADRACE_FOLDER": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(["sh", "-c", f"cd {command}"], env=environment, cwd="/", check=False)
    # This folder has no raw images yet.
    assert done.returncode == 3
    assert "data/daily" in (tmp_path / "retraining.log").read_text()


def test_cronjob_runs_program_and_does_not_retry_refusals() -> None:
    manifest = yaml.safe_load((PIPELINES / "cronjob.yaml").read_text())
    assert (manifest["apiVersion"], manifest["kind"]) == ("batch/v1", "CronJob")
    assert manifest["spec"]["concurrencyPolicy"] == "Forbid"
    job = manifest["spec"]["jobTemplate"]["spec"]
    (container,) = job["template"]["spec"]["containers"]
    # `command` would bypass the image's entrypoint, which ends the processes that a killed task leaves behind.
    assert "command" not in container
    assert container["args"][:2] == ["headrace", "retrain"]
    assert (ROOT / container["args"][2]).is_file()
    (rule,) = job["podFailurePolicy"]["rules"]
    assert rule["onExitCodes"]["containerName"] == container["name"]
    assert rule["onExitCodes"]["values"] == [2, 3, 5]
    pod = job["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    assert f"--uid {pod['securityContext']['runAsUser']} " in (ROOT / "docker" / "Dockerfile").read_text()
    (volume,) = pod["volumes"]
    namespace = yaml.safe_load_all((ROOT / "conf" / "cluster" / "kubernetes" / "namespace.yaml").read_text())
    claims = [document["metadata"]["name"] for document in namespace if document["kind"] == "PersistentVolumeClaim"]
    assert [volume["persistentVolumeClaim"]["claimName"]] == claims


def run_airflow(home: Path, project: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the test's own Airflow, on SQLite and with a local Spark."""
    environment = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_SPARK_DEFAULT": json.dumps({"conn_type": "spark", "host": "local[2]"}),
        "AIRFLOW_VAR_HEADRACE_HOME": str(project),
        "AIRFLOW_VAR_HEADRACE_PYTHON": sys.executable,
        "AIRFLOW_VAR_HEADRACE_CONF": "conf.yaml",
        "PYTHONPATH": str(ROOT),
    }
    command = [str(AIRFLOW), *words]
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=500)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_airflow_runs_cycle_task_by_task_and_next_night_does_nothing(tmp_path: Path) -> None:
    setup = subprocess.run([PIPELINES / "airflow_setup"], capture_output=True, text=True, check=False)
    assert setup.returncode == 0, setup.stderr
    project, home = write_project(tmp_path / "project"), tmp_path / "airflow"
    add_day(project, 1)
    (project / "pipelines").symlink_to(PIPELINES)
    (home / "dags").mkdir(parents=True)
    (home / "dags" / "airflow_dag.py").symlink_to(PIPELINES / "airflow_dag.py")
    migrated = run_airflow(home, project, "db", "migrate")
    assert migrated.returncode == 0, migrated.stderr
    for night, cycles in (("2026-03-01", 1), ("2026-03-02", 1)):
        done = run_airflow(home, project, "dags", "test", "headrace_retrain", night)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        assert "state=success" in done.stdout + done.stderr
        assert len(list((project / "retraining" / "cycles").iterdir())) == cycles
    outcome = json.loads((project / "retraining" / "cycles" / "000001" / "outcome.json").read_text())
    assert outcome["decision"] == "promoted"
    names = json.loads((project / "retraining" / "cycles" / "000001" / "cycle.json").read_text())["names"]
    assert len(names) == 1
    assert shlex.split(names[0])[0] == "headrace_retrain"
