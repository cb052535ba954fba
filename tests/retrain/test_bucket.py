"""Retraining whose data, cycles, runs and registry are all in a bucket: killed, gone on with, replaced, rolled back."""

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

PLACE = "s3://cycles"
REGISTRY = locate(f"{PLACE}/registry")
CYCLE = locate(f"{PLACE}/retraining/cycles/000001")
CONFIGURATION = f"""
data: {{source: {{kind: folder, path: {PLACE}/raw}}, table: {PLACE}/table}}
prepare: {{image: {{mode: L, size: [8, 8], codec: raw}}, shard_rows: 40}}
model: {{file: models/mlp.py, options: {{width: 8}}}}
train: {{run: unused, ranks: 1, epochs: 2, batch_size: 16}}
registry: {{folder: {REGISTRY}, model: noise}}
retrain:
  folder: {PLACE}/retraining
  gate: {{margin: -1, slices: {{max_drop: 1}}}}
"""
PREDICT = f"retrain.predict={{input: {PLACE}/raw/cat, output: {PLACE}/answers}}"
# `headrace retrain`, killed in the promotion when the champion is named and nothing serves it yet.
KILLED = """
import os, signal
from headrace.cli import main
from headrace.registry import promotion

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

named = [step.__name__ for step in promotion.STEPS].index("_name_champion")
promotion.STEPS = (*promotion.STEPS[: named + 1], die, *promotion.STEPS[named + 1 :])
main(["retrain", "conf.yaml"])
"""

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("spark")]


class Nights(NamedTuple):
    """What the command said each time, and what served then.

    Attributes:
        judged: when the first cycle was to stop after the gate.
        left: what is served, of the registry and of the journal when it was killed.
    """

    folder: Path
    judged: CommandResult
    left: set[str]
    resumed: CommandResult
    first: dict[str, bytes]
    replaced: CommandResult
    second: dict[str, bytes]
    back: CommandResult


def arrive(folder: Path, *classes: str, count: int) -> None:
    for file in write_source(folder, classes, count).rglob("*.png"):
        (locate(f"{PLACE}/raw") / f"{file.parent.name}/{folder.name}-{file.name}").write_bytes(file.read_bytes())


def serving(folder: Path) -> dict[str, bytes]:
    """What `headrace models list` says serves."""
    bundle = locate(headrace_within("models", "list", "conf.yaml", cwd=folder).json["bundle"])
    return {file.path: (bundle / file.path).read_bytes() for file in files_below(bundle)}


@pytest.fixture(scope="module")
def nights(s3: str, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    make_bucket(s3, "cycles")
    folder = tmp_path_factory.mktemp("nights")
    write_configuration(folder, Path("unused"))
    (folder / "conf.yaml").write_text(CONFIGURATION)
    arrive(folder / "one", "cat", "dog", count=60)
    judged = headrace_within("retrain", "conf.yaml", "--until", "gate", cwd=folder)
    run([sys.executable, "-c", KILLED], cwd=folder, code=-signal.SIGKILL, PYTHONPATH=str(ROOT))
    left = {file.path for place in (REGISTRY, CYCLE) for file in files_below(place)}
    resumed = headrace_within("retrain", "conf.yaml", PREDICT, cwd=folder)
    first = serving(folder)
    arrive(folder / "two", "dog", "cat", count=20)
    replaced = headrace_within("retrain", "conf.yaml", cwd=folder)
    second = serving(folder)
    return Nights(
        folder,
        judged,
        left,
        resumed,
        first,
        replaced,
        second,
        headrace_within("models", "rollback", "conf.yaml", cwd=folder),
    )


def test_a_cycle_that_was_killed_in_its_promotion_is_gone_on_with_from_there(nights: Nights) -> None:
    assert nights.judged.json["decision"] == "under way"
    assert "bundles/000001/bundle.json" in nights.left
    assert not nights.left & {"champion", "promote.json"}
    assert "lock.json" in nights.left
    found = nights.resumed.json
    assert (found["decision"], found["cycle"], found["champion"]) == ("promoted", 1, 1)
    assert found["run"] == nights.judged.json["run"] == str(CYCLE / "run")
    assert not (REGISTRY / "lock.json").exists()
    assert (locate(f"{PLACE}/answers") / "cycle-000001" / "_summary.json").is_file()


def test_what_serves_is_the_bundle_that_was_trained(nights: Nights) -> None:
    trained = CYCLE / "run" / "bundle"
    assert nights.first == {file.path: (trained / file.path).read_bytes() for file in files_below(trained)}


def test_new_data_make_a_new_champion_and_a_rollback_gives_the_exact_bytes_of_the_one_before(nights: Nights) -> None:
    assert (nights.replaced.json["decision"], nights.replaced.json["champion"]) == ("promoted", 2)
    assert nights.second["model.weights.h5"] != nights.first["model.weights.h5"]
    assert (nights.back.json["champion"], nights.back.json["replaced"]) == (1, None)
    assert serving(nights.folder) == nights.first
    assert "Version 1 serves" in (locate(f"{PLACE}/retraining") / "report.html").read_text()


def test_nothing_new_is_nothing_to_do_and_nothing_is_written_on_this_machine(nights: Nights) -> None:
    assert headrace_within("retrain", "conf.yaml", cwd=nights.folder).json["decision"] == "nothing to do"
    assert {entry.name for entry in nights.folder.iterdir()} == {"conf.yaml", "models", "one", "two"}


def test_another_who_retrains_is_left_to_it_and_named(nights: Nights) -> None:
    lock = locate(f"{PLACE}/retraining/lock.json")
    with held(lock) as other:
        answer = headrace_within("retrain", "conf.yaml", cwd=nights.folder).json
    assert answer["decision"] == "left to another"
    assert f"process {other.pid} on " in answer["reasons"][0]
    assert f"If it has ended, remove {lock}" in answer["reasons"][0]


def test_the_champion_is_used_by_the_address_that_always_stands_for_it(nights: Nights) -> None:
    answer = headrace_within("evaluate", f"{REGISTRY}/champion", "--table", f"{PLACE}/table", cwd=nights.folder).json
    assert answer["evaluation"] == f"{REGISTRY}/bundles/000001/evaluation/test.json"
