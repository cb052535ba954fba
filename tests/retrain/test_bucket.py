"""Retraining with data, journal and registry in a bucket: killed, resumed, replaced and rolled back."""

import signal
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from headrace.storage import files_below, locate
from tests.support.commands import CommandResult, headrace_within, run
from tests.support.lock_holder import held
from tests.support.raw_images import write_source
from tests.support.s3_server import make_bucket
from tests.support.workspace import ROOT, write_configuration

BUCKET = "s3://cycles"
REGISTRY = locate(f"{BUCKET}/registry")
CYCLE = locate(f"{BUCKET}/retraining/cycles/000001")
CONFIGURATION = f"""
data: {{source: {{kind: folder, path: {BUCKET}/raw}}, table: {BUCKET}/table}}
prepare: {{image: {{mode: L, size: [8, 8], codec: raw}}, shard_rows: 40}}
model: {{file: models/mlp.py, options: {{width: 8}}}}
train: {{run: unused, ranks: 1, epochs: 2, batch_size: 16}}
registry: {{folder: {REGISTRY}, model: noise}}
retrain:
  folder: {BUCKET}/retraining
  gate: {{margin: -1, slices: {{max_drop: 1}}}}
"""
PREDICT = f"retrain.predict={{input: {BUCKET}/raw/cat, output: {BUCKET}/predictions}}"
# `headrace retrain`, killed during the promotion, after the champion alias is set and before the link changes.
KILLED = """
import os, signal
from headrace.cli import main
from headrace.registry import promotion

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

alias_step = [step.__name__ for step in promotion.STEPS].index("_set_champion_alias")
promotion.STEPS = (*promotion.STEPS[: alias_step + 1], die, *promotion.STEPS[alias_step + 1 :])
main(["retrain", "conf.yaml"])
"""

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.usefixtures("spark"), pytest.mark.horovod]


class Nights(NamedTuple):
    """Results of the commands, and the files of the served bundle after each cycle.

    Attributes:
        gated: result of the first cycle, stopped after the gate.
        remaining: files of the registry and of the cycle when the process was killed.
    """

    folder: Path
    gated: CommandResult
    remaining: set[str]
    resumed: CommandResult
    first: dict[str, bytes]
    replaced: CommandResult
    second: dict[str, bytes]
    back: CommandResult


def upload_images(folder: Path, *classes: str, count: int) -> None:
    """Upload `count` new images of each class to the raw data."""
    for file in write_source(folder, classes, count).rglob("*.png"):
        (locate(f"{BUCKET}/raw") / f"{file.parent.name}/{folder.name}-{file.name}").write_bytes(file.read_bytes())


def served_files(folder: Path) -> dict[str, bytes]:
    """Return the files of the bundle that `headrace models list` reports as served."""
    bundle = locate(headrace_within("models", "list", "conf.yaml", cwd=folder).json["bundle"])
    return {file.path: (bundle / file.path).read_bytes() for file in files_below(bundle)}


@pytest.fixture(scope="module")
def nights(s3: str, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """Run two cycles and a rollback; a process is killed during the first promotion."""
    make_bucket(s3, "cycles")
    folder = tmp_path_factory.mktemp("nights")
    write_configuration(folder, Path("unused"))
    (folder / "conf.yaml").write_text(CONFIGURATION)
    upload_images(folder / "one", "cat", "dog", count=60)
    gated = headrace_within("retrain", "conf.yaml", "--until", "gate", cwd=folder)
    run([sys.executable, "-c", KILLED], cwd=folder, code=-signal.SIGKILL, PYTHONPATH=str(ROOT))
    remaining = {file.path for folder in (REGISTRY, CYCLE) for file in files_below(folder)}
    resumed = headrace_within("retrain", "conf.yaml", PREDICT, cwd=folder)
    first = served_files(folder)
    upload_images(folder / "two", "dog", "cat", count=20)
    replaced = headrace_within("retrain", "conf.yaml", cwd=folder)
    second = served_files(folder)
    return Nights(
        folder,
        gated,
        remaining,
        resumed,
        first,
        replaced,
        second,
        headrace_within("models", "rollback", "conf.yaml", cwd=folder),
    )


def test_cycle_killed_during_promotion_is_resumed(nights: Nights) -> None:
    assert nights.gated.json["decision"] == "in progress"
    assert "bundles/000001/bundle.json" in nights.remaining
    assert not nights.remaining & {"champion", "promote.json"}
    assert "lock.json" in nights.remaining
    result = nights.resumed.json
    assert (result["decision"], result["cycle"], result["champion"]) == ("promoted", 1, 1)
    assert result["run"] == nights.gated.json["run"] == str(CYCLE / "run")
    assert not (REGISTRY / "lock.json").exists()
    assert (locate(f"{BUCKET}/predictions") / "cycle-000001" / "_summary.json").is_file()


def test_served_bundle_is_the_trained_bundle(nights: Nights) -> None:
    trained = CYCLE / "run" / "bundle"
    assert nights.first == {file.path: (trained / file.path).read_bytes() for file in files_below(trained)}


def test_rollback_restores_bytes_of_previous_champion(nights: Nights) -> None:
    assert (nights.replaced.json["decision"], nights.replaced.json["champion"]) == ("promoted", 2)
    assert nights.second["model.weights.h5"] != nights.first["model.weights.h5"]
    assert [nights.back.json[key] for key in ("champion", "replaced", "rollback_to")] == [1, 2, None]
    assert served_files(nights.folder) == nights.first
    assert "Version 1 is the champion" in (locate(f"{BUCKET}/retraining") / "report.html").read_text()


def test_unchanged_data_start_no_cycle_and_leave_no_local_files(nights: Nights) -> None:
    assert headrace_within("retrain", "conf.yaml", cwd=nights.folder).json["decision"] == "nothing to do"
    assert {entry.name for entry in nights.folder.iterdir()} == {"conf.yaml", "models", "one", "two"}


def test_concurrent_retraining_is_reported_with_its_process(nights: Nights) -> None:
    lock = locate(f"{BUCKET}/retraining/lock.json")
    with held(lock) as other:
        result = headrace_within("retrain", "conf.yaml", cwd=nights.folder).json
    assert result["decision"] == "already running"
    assert f"process {other.pid} on " in result["reasons"][0]
    assert f"If that process has ended, remove {lock}" in result["reasons"][0]


def test_champion_link_is_accepted_as_bundle_path(nights: Nights) -> None:
    result = headrace_within("evaluate", f"{REGISTRY}/champion", "--table", f"{BUCKET}/table", cwd=nights.folder).json
    assert result["evaluation"] == f"{REGISTRY}/bundles/000001/evaluation/test.json"
