"""Resuming a run on another number of ranks."""

import shutil
from pathlib import Path

import pytest

from tests.support.commands import headrace
from tests.support.workspace import write_configuration

# Without dropout, ranks draw no random numbers, so their number does not affect the result.
WORDS = ("train", "conf.yaml", "model.options.dropout=0", "train.checkpoint_every_steps=4", "train.epochs=2")


@pytest.fixture(scope="module")
def folder(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the workspace of this module's run."""
    path = tmp_path_factory.mktemp("other-ranks")
    write_configuration(path, workspace)
    (path / "table").symlink_to(workspace / "table")
    return path


@pytest.fixture(scope="module")
def metrics(folder: Path) -> dict[str, float]:
    """Return the metrics of a run of 20 steps on two ranks, then leave it as a driver does that dies after step 16."""
    whole = headrace(*WORDS, cwd=folder).json
    shutil.rmtree(folder / "run" / "checkpoints" / "step-000000020")
    shutil.rmtree(folder / "run" / "bundle")
    (folder / "run" / "result.json").unlink()
    found: dict[str, float] = whole["metrics"]
    return found


def test_resume_refuses_ranks_that_change_the_global_batch(folder: Path, metrics: dict[str, float]) -> None:
    answer = headrace(*WORDS, "train.ranks=3", cwd=folder, code=2)
    assert "started with 128 rows per step, and train.ranks x train.batch_size is now 3 x 64" in answer.last_error_line
    assert "1 x 128, 2 x 64, 4 x 32, 8 x 16, 16 x 8" in answer.last_error_line


def test_resume_continues_with_another_number_of_ranks(folder: Path, metrics: dict[str, float]) -> None:
    resumed = headrace(*WORDS, "train.ranks=1", "train.batch_size=128", cwd=folder)
    assert "Continuing from the checkpoint of step 16" in resumed.stderr
    assert resumed.json["ranks"] == 1
    assert resumed.json["steps"] == 20
    assert resumed.json["metrics"] == pytest.approx(metrics, rel=1e-4)
