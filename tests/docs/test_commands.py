"""The commands of the README and of the pages below docs/, run as a reader types them.

A block marked `sh` is run; one marked `text` is shown only. Commands that fetch images fetch fewer than readers do: how
commands depend on each other does not depend on the number of images.
"""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.commands import CommandResult, run
from tests.support.page_commands import LIMIT, commands, make_workspace, type_commands
from tests.support.text_files import write_texts

# Later pages use the tables and runs of earlier ones, so that the expensive commands run once.
WALK = (
    "docs/index.md",
    "docs/converting.md",
    "docs/explaining-and-exporting.md",
    "README.md",
    "docs/networks.md",
    "docs/clusters/spark.md",
    "docs/comparing-runs.md",
)
SEARCH = "docs/tuning.md"
FIVE_DAYS = "docs/retraining.md"  # run by tests/retrain/test_five_days.py


@pytest.mark.long
@pytest.mark.slow
def test_demo_runs_every_stage_and_walk_commands_succeed_after_it(
    root: Path, fashion_mnist: Path, tmp_path: Path
) -> None:
    """The walk repeats commands of the demo in the same folders, which have nothing to do then."""
    workspace = make_workspace(tmp_path)
    check_demo(workspace, run([sys.executable, "jobs/demo.py", *LIMIT.split(), "train.epochs=2"], cwd=workspace))
    shutil.copytree(fashion_mnist / "test", workspace / "photos")
    write_texts(workspace / "texts.csv")
    for page in WALK:
        type_commands(root / page, workspace)
    assert (workspace / "comparison.html").exists()


def check_demo(workspace: Path, answer: CommandResult) -> None:
    """Assert that the demo ran every stage and printed its results."""
    found = answer.json
    assert (found["rows_in"], found["written"], found["rejected"], found["duplicates"]) == (2800, 2800, 0, 0)
    assert (found["ranks"], found["predicted"]) == (2, 400)
    assert 0.5 < found["accuracy"] <= 1
    assert (workspace / found["report"]).read_text().startswith("<!doctype html>")
    assert (Path(found["bundle"]) / "bundle.json").is_file()
    assert set(found["seconds"]) == {"fetch", "prepare", "train", "evaluate", "predict", "report"}
    assert "What to try next" in answer.stderr
    assert list((workspace / "data" / "fashion-mnist" / "predictions").rglob("*.parquet"))
    assert json.loads((workspace / "runs" / "fashion-mnist" / "stages.json").read_text())["train"] > 0


@pytest.mark.long
def test_search_commands_end_with_a_model(root: Path, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    type_commands(root / SEARCH, workspace)
    assert list(workspace.glob("runs/*/bundle"))


def test_every_page_with_commands_is_run(root: Path) -> None:
    pages = [root / "README.md", root / "CONTRIBUTING.md", *(root / "docs").rglob("*.md")]
    assert {str(page.relative_to(root)) for page in pages if commands(page)} == {*WALK, SEARCH, FIVE_DAYS}


def test_code_blocks_have_known_languages(root: Path) -> None:
    pages = [root / "README.md", *(root / "docs").rglob("*.md")]
    languages = {language for page in pages for language in re.findall(r"^```(\w*)$", page.read_text(), re.MULTILINE)}
    assert languages == {"", "sh", "text", "yaml", "python"}


def test_demo_runs_the_commands_of_the_walk(root: Path) -> None:
    walk, demo = (root / WALK[0]).read_text(), (root / "jobs" / "demo.py").read_text()
    for verb in ("fetch", "prepare", "train", "evaluate", "predict", "report"):
        assert f"headrace {verb} " in walk
        assert f'"{verb}"' in demo
