"""Every command in the README works when a newcomer runs them in order."""

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
def test_readme_commands_work_in_order_and_then_the_demo(root: Path, fashion_mnist: Path, tmp_path: Path) -> None:
    blocks = [
        block for block in readme_blocks(root) if "headrace retrain" not in block and "headrace tune" not in block
    ]
    assert sum(block.count("\n") for block in blocks) > 15
    shutil.copytree(fashion_mnist / "test", tmp_path / "photos")
    run_blocks(blocks, root, tmp_path)
    assert (tmp_path / "runs" / "fashion-mnist" / "report.html").exists()
    # The demo runs some of them again in the same folders; its training is already complete.
    demo = run([sys.executable, "jobs/demo.py", "--limit", "6000", "train.epochs=2"], cwd=tmp_path).json
    assert (demo["rows_in"], demo["ranks"], demo["predicted"]) == (7000, 2, 1000)
    assert 0.5 < demo["accuracy"] <= 1
    assert set(demo["seconds"]) == {"fetch", "prepare", "train", "evaluate", "predict", "report"}


@pytest.mark.long
def test_readme_search_writes_a_bundle(root: Path, tmp_path: Path) -> None:
    run_blocks([block for block in readme_blocks(root) if "headrace tune" in block], root, tmp_path)
    assert list(tmp_path.glob("runs/*/bundle"))


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_readme_retraining_cycles_write_a_report(root: Path, tmp_path: Path) -> None:
    run_blocks([block for block in readme_blocks(root) if "headrace retrain" in block], root, tmp_path)
    assert (tmp_path / "retraining" / "fashion-mnist" / "report.html").exists()


def readme_blocks(root: Path) -> list[str]:
    return BLOCK.findall((root / "README.md").read_text())


def run_blocks(blocks: list[str], root: Path, folder: Path) -> None:
    """Run the commands of `blocks` in `folder`, with the environment of the tests."""
    for name in ("conf", "models", "jobs", "pipelines"):
        shutil.copytree(root / name, folder / name)
    script = "\n".join(blocks).replace(ACTIVATE, ":")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-eux", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]


def test_demo_runs_the_commands_of_the_readme(root: Path) -> None:
    readme, demo = (root / "README.md").read_text(), (root / "jobs" / "demo.py").read_text()
    for verb in ("fetch", "prepare", "train", "evaluate", "predict", "report"):
        assert f"headrace {verb} " in readme
        assert f'"{verb}"' in demo


def test_readme_scaling_table_equals_model(root: Path) -> None:
    assert step_time.table() in (root / "README.md").read_text()


def test_readme_costs_equal_measured_rates(root: Path) -> None:
    readme = (root / "README.md").read_text()
    assert cost.table() in readme
    for rate in ("1,840", "122,000", "3,790"):
        assert f"| {rate} |" in readme


@pytest.mark.parametrize("page", ["README.md", "docs/cluster.md", "CONTRIBUTING.md"])
def test_files_named_by_page_exist(root: Path, page: str) -> None:
    named = re.findall(
        r"(?<![\w/.-])((?:conf|docker|docs|headrace|jobs|models|tests)/[\w./-]*\w/?)", (root / page).read_text()
    )
    missing = [name for name in named if not (root / name).exists() and not (root / f"{name}.py").exists()]
    assert named
    assert missing == []
