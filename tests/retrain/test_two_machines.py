"""Two machines retrain one registered model at the same time, each with a table and a journal of its own."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.retrain.daily_project import add_day, write_project
from tests.support.commands import CommandResult, headrace

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.slow, pytest.mark.long]

FAST = ("train.epochs=1", "retrain.gate.bounds={}")
MACHINES = (1, 2)


def words(machine: int, *more: str) -> tuple[str, ...]:
    """Return the words of the command on this machine."""
    places = (f"data.table=table-{machine}", f"retrain.folder=retraining-{machine}")
    return ("retrain", "conf.yaml", *FAST, *places, *more)


def retrain_at_once(project: Path, *more: str) -> list[CommandResult]:
    """Run the command on both machines at the same time, and return how they ended."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "headrace", *words(machine, *more)],
            cwd=project,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for machine in MACHINES
    ]
    printed = [process.communicate(timeout=400) for process in running]
    return [
        CommandResult(subprocess.CompletedProcess(process.args, process.returncode, *texts))
        for process, texts in zip(running, printed, strict=True)
    ]


class Race(NamedTuple):
    """What became of the first cycles of both machines.

    Attributes:
        gates: results at the gate.
        ends: results of the promotion.
    """

    project: Path
    gates: list[CommandResult]
    ends: list[CommandResult]

    @property
    def winner(self) -> int:
        """The machine whose challenger was promoted."""
        return MACHINES[[end.code for end in self.ends].index(0)]


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Race:
    """Begin with an empty registry on both machines, so that neither finds a champion to compare with."""
    project = write_project(tmp_path_factory.mktemp("two") / "project")
    add_day(project, 1, limit=600)
    gates = retrain_at_once(project, "--until", "gate")
    return Race(project, gates, retrain_at_once(project))


def listed(project: Path) -> dict[str, Any]:
    """Return the versions in the registry."""
    return headrace("models", "list", "conf.yaml", cwd=project).json


def test_one_of_two_first_challengers_becomes_champion(race: Race) -> None:
    """The other was compared with no champion, and must not replace one unseen."""
    assert [gate.code for gate in race.gates] == [0, 0], [gate.stderr[-2000:] for gate in race.gates]
    assert sorted(gate.json["version"] for gate in race.gates) == [1, 2]
    assert sorted(end.code for end in race.ends) == [0, 1], [end.stderr[-2000:] for end in race.ends]
    won, lost = sorted((end.json for end in race.ends), key=lambda result: int(result["exit_code"]))
    assert (won["decision"], lost["decision"]) == ("promoted", "abandoned")
    assert lost["reasons"] == [
        f"The champion of clothes is now version {won['version']}, but version {lost['version']} was compared with no "
        "version; retrain again, or promote it with `headrace models promote`."
    ]
    assert lost["champion"] == won["champion"] == won["version"]


def test_loser_retrains_against_a_champion_whose_run_was_deleted(race: Race) -> None:
    """The registry holds all that a champion needs."""
    champion = race.ends[race.winner - 1].json["champion"]
    shutil.rmtree(race.project / f"retraining-{race.winner}")
    shutil.rmtree(race.project / "registry" / "bundles")
    loser = next(machine for machine in MACHINES if machine != race.winner)
    command = [sys.executable, "-m", "headrace", *words(loser)]
    done = subprocess.run(command, cwd=race.project, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode in (0, 5), done.stderr[-4000:]
    again = CommandResult(done).json
    assert again["decision"] == ("promoted" if done.returncode == 0 else "refused by the gate")
    assert again["test"]["champion"]["accuracy"] > 0
    expected = again["version"] if done.returncode == 0 else champion
    listing = listed(race.project)
    assert [one["version"] for one in listing["versions"] if "champion" in one["aliases"]] == [expected]
    assert Path(listing["serving"]).resolve().name == f"{expected:06d}"
    assert listing["intact"]
