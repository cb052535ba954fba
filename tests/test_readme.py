"""Every command in the README does what it says, typed in order by a newcomer."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import cost, step_time
from tests.support.commands import run

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ACTIVATE = ". .venv/bin/activate"


@pytest.mark.slow
def test_the_commands_of_the_readme_work_in_order_and_the_demo_after_them(
    root: Path, fashion_mnist: Path, tmp_path: Path
) -> None:
    blocks = [block for block in blocks_of(root) if "headrace retrain" not in block and "headrace tune" not in block]
    assert sum(block.count("\n") for block in blocks) > 15
    shutil.copytree(fashion_mnist / "test", tmp_path / "photos")
    typed(blocks, root, tmp_path)
    assert (tmp_path / "runs" / "fashion-mnist" / "report.html").exists()
    # It types some of them again, in the same places; its training is complete already.
    demo = run([sys.executable, "jobs/demo.py", "--limit", "6000", "train.epochs=2"], cwd=tmp_path).json
    assert (demo["rows_in"], demo["ranks"], demo["predicted"]) == (7000, 2, 1000)
    assert 0.5 < demo["accuracy"] <= 1
    assert set(demo["seconds"]) == {"fetch", "prepare", "train", "evaluate", "predict", "report"}


@pytest.mark.long
def test_the_search_of_the_readme_ends_with_a_model(root: Path, tmp_path: Path) -> None:
    typed([block for block in blocks_of(root) if "headrace tune" in block], root, tmp_path)
    assert list(tmp_path.glob("runs/*/bundle"))


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_the_five_days_of_the_readme_end_as_it_says(root: Path, tmp_path: Path) -> None:
    typed([block for block in blocks_of(root) if "headrace retrain" in block], root, tmp_path)
    assert (tmp_path / "retraining" / "fashion-mnist" / "report.html").exists()


def blocks_of(root: Path) -> list[str]:
    return BLOCK.findall((root / "README.md").read_text())


def typed(blocks: list[str], root: Path, folder: Path) -> None:
    """Type the commands of `blocks` in a new folder; the environment is the one that runs the tests."""
    for name in ("conf", "models", "jobs", "pipelines"):
        shutil.copytree(root / name, folder / name)
    script = "\n".join(blocks).replace(ACTIVATE, ":")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-eux", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]


def test_the_demo_types_what_the_readme_shows(root: Path) -> None:
    readme, demo = (root / "README.md").read_text(), (root / "jobs" / "demo.py").read_text()
    for verb in ("fetch", "prepare", "train", "evaluate", "predict", "report"):
        assert f"headrace {verb} " in readme
        assert f'"{verb}"' in demo


def test_the_table_of_the_scale_section_is_that_of_its_model(root: Path) -> None:
    assert step_time.table() in (root / "README.md").read_text()


def test_the_costs_of_a_terabyte_are_those_of_the_measured_rates(root: Path) -> None:
    readme = (root / "README.md").read_text()
    assert cost.table() in readme
    for rate in ("1,840", "122,000", "3,790"):
        assert f"| {rate} |" in readme


@pytest.mark.parametrize("page", ["README.md", "docs/cluster.md", "CONTRIBUTING.md"])
def test_every_file_that_a_page_names_is_there(root: Path, page: str) -> None:
    named = re.findall(
        r"(?<![\w/.-])((?:conf|docker|docs|headrace|jobs|models|tests)/[\w./-]*\w/?)", (root / page).read_text()
    )
    missing = [name for name in named if not (root / name).exists() and not (root / f"{name}.py").exists()]
    assert named
    assert missing == []
