"""The page for notebooks runs from top to bottom as it is written."""

import re
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.support.commands import CommandResult, run

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.slow]

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
AFTER = """
assert run.report().is_file()
assert predicted.count() == 120
assert sorted(model.stages[-1].labels) == ["cat", "dog"]
assert MulticlassClassificationEvaluator(metricName="accuracy").evaluate(predicted) > 0.9
assert spark.read.parquet("predicted/rows").where("label is not null").count() == 120
assert spark.read.parquet("predicted/rows").where("rejected is not null").count() == 1
"""


def write_photos(folder: Path) -> None:
    """Sixty photos of each class, and a file that is none."""
    random = np.random.default_rng(2)
    for number, name in enumerate(("cat", "dog")):
        (folder / name).mkdir(parents=True)
        for index in range(60):
            pixels = np.clip(random.normal(60 + 130 * number, 30, (20, 20, 3)), 0, 255).astype(np.uint8)
            PIL.Image.fromarray(pixels).save(folder / name / f"{index:02d}.png")
    (folder / "dog" / "notes.png").write_text("no photo")


def run_page(page: str, folder: Path, root: Path) -> CommandResult:
    """Run Python code where `photos` is, as in a notebook whose Spark has a master already."""
    (folder / "page.py").write_text(page)
    master = "--master local[2] --conf spark.ui.enabled=false pyspark-shell"
    return run([sys.executable, "page.py"], cwd=folder, PYTHONPATH=str(root), PYSPARK_SUBMIT_ARGS=master)


def test_block_of_the_readme_runs(root: Path, tmp_path: Path) -> None:
    write_photos(tmp_path / "photos")
    (block,) = BLOCK.findall((root / "README.md").read_text())
    assert len(block.strip().splitlines()) <= 12
    done = run_page(block + "print(len(run.history), 'epochs')", tmp_path, root)
    assert "accuracy" in done.stdout
    assert "label" in done.stdout
    # One epoch is a first impression of a network that has learned nothing.
    assert "5 epochs" in done.stdout
    # Spark's stack trace for a path with wildcards.
    assert "FileNotFoundException" not in done.stderr


@pytest.mark.long
@pytest.mark.timeout(600)
def test_blocks_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    write_photos(tmp_path / "photos")
    blocks = BLOCK.findall((root / "docs" / "notebook.md").read_text())
    assert len(blocks) == 5
    assert len(blocks[0].strip().splitlines()) <= 16
    done = run_page("\n".join(blocks) + AFTER, tmp_path, root)
    assert "not_an_image" in done.stdout
    assert "val_loss" in done.stdout
    assert "classify(content).label" in done.stdout
