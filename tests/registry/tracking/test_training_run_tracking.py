"""A training run is tracked once, with its parameters, metrics per step, versions and files."""

import json
import shutil
from pathlib import Path

import pytest

from headrace.errors import DataError, HeadraceError
from headrace.registry.registry_connection import RegistryConnection
from headrace.registry.tracking.code_version import code_version
from headrace.registry.tracking.training_run_tracking import track
from tests.registry.finished_run import STEPS, write_run
from tests.support.runs import Runs

pytestmark = pytest.mark.tensorflow


def run_ids(registry: RegistryConnection) -> list[str]:
    """Return the ids of all MLflow runs of the registry."""
    return [run.info.run_id for run in registry.client.search_runs([registry.experiment])]


def test_track_logs_parameters_metrics_versions_and_files(registry: RegistryConnection, runs: Runs, root: Path) -> None:
    number = track(registry, runs[1])
    run = registry.client.get_run(number)
    assert run.info.status == "FINISHED"
    assert run.data.params["train.optimizer.name"] == "adam"
    assert run.data.params["model.options.width"] == "4"
    assert run.data.params["data.source.options.password"] == "(withheld)"
    assert run.data.tags["headrace.data.version"] == "0"
    assert run.data.tags["headrace.code.version"] == code_version()
    history = registry.client.get_metric_history(number, "step/loss")
    assert [(one.step, one.value) for one in history] == [(step, 1 / step) for step in range(1, STEPS + 1)]
    assert history[1].timestamp - history[0].timestamp == 500
    assert run.data.metrics["epoch/val_loss"] == 0.3
    files = {file.path for file in registry.client.list_artifacts(number)}
    assert files == {"run.json", "result.json", "metrics.jsonl", "model.py"}


def test_run_is_tracked_once(registry: RegistryConnection, runs: Runs) -> None:
    assert track(registry, runs[1]) == track(registry, runs[1])
    assert len(run_ids(registry)) == 1


def test_run_in_folder_with_quotation_marks_is_tracked_once(registry: RegistryConnection, tmp_path: Path) -> None:
    path = write_run(tmp_path / """it's "ours" """ / "run", seed=1)
    assert track(registry, path) == track(registry, path)


def test_partly_tracked_run_is_tracked_again(
    registry: RegistryConnection, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(registry.client), "set_terminated", die)
        with pytest.raises(KeyboardInterrupt):
            track(registry, runs[1])
    partial = run_ids(registry)
    complete = track(registry, runs[1])
    assert run_ids(registry) == [complete]
    assert partial != [complete]
    assert len(registry.client.get_metric_history(complete, "step/loss")) == STEPS


def test_failed_run_is_tracked_again_once_finished(registry: RegistryConnection, tmp_path: Path) -> None:
    path = write_run(tmp_path / "run", seed=1, finished=False)
    failed = track(registry, path)
    assert registry.client.get_run(failed).info.status == "FAILED"
    shutil.rmtree(tmp_path / "table")
    (path / "result.json").write_text(json.dumps({"weights_sha256": "b" * 64}))
    finished = track(registry, path)
    assert run_ids(registry) == [finished]
    assert registry.client.get_run(finished).data.tags["headrace.weights.sha256"] == "b" * 64


def test_folder_without_run_is_refused(registry: RegistryConnection, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not the folder of a training run"):
        track(registry, tmp_path)


def test_unreachable_server_is_reported_without_password(
    tmp_path: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    unreachable = RegistryConnection(tmp_path, "clothes", "http://me:hidden@127.0.0.1:9")
    with pytest.raises(HeadraceError, match="A request to the registry at .* failed") as raised:
        track(unreachable, runs[1])
    assert "hidden" not in str(raised.value)


def test_code_version_outside_git_is_the_release(root: Path, tmp_path: Path) -> None:
    assert ", git " in code_version(root)
    assert code_version(tmp_path).startswith("headrace ")
    assert "git" not in code_version(tmp_path)
