"""The quickstart notebook runs; its stored outputs and the page that is made of it."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.support.notebook import QUICKSTART, execute
from tests.support.workspace import ROOT


@pytest.fixture(scope="module")
def stored() -> Any:
    """The notebook as it is in the repository."""
    return nbformat.read(QUICKSTART, as_version=4)


@pytest.fixture(scope="module")
def hook() -> Any:
    """The module that makes pages of notebooks."""
    spec = importlib.util.spec_from_file_location("notebook_pages", ROOT / "docs/hooks/notebook_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code_cells(notebook: Any) -> list[Any]:
    """Return the cells with code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.spark
@pytest.mark.horovod
@pytest.mark.network
@pytest.mark.slow
def test_quickstart_runs_and_has_the_outputs_that_are_stored(stored: Any, tmp_path: Path) -> None:
    """A cell that raises ends the run. Outputs depend on versions of engines, so that only their kinds are compared."""
    done = execute(QUICKSTART, tmp_path)
    for cell, other in zip(code_cells(done), code_cells(stored), strict=True):
        kinds = [sorted(output.data) for output in cell.outputs if output.output_type == "execute_result"]
        assert kinds == [sorted(output.data) for output in other.outputs if output.output_type == "execute_result"]
    report = tmp_path / "runs" / "garments" / "report.html"
    assert report.is_file()
    (accuracy,) = (float(cell.outputs[-1].data["text/plain"]) for cell in code_cells(done)[-2:-1])
    assert 0.5 < accuracy <= 1


def test_stored_outputs_are_of_one_run_small_and_without_traces_of_a_machine(stored: Any) -> None:
    nbformat.validate(stored)
    cells = code_cells(stored)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(output.output_type in ("stream", "execute_result") for cell in cells for output in cell.outputs)
    assert QUICKSTART.stat().st_size < 30_000
    assert not re.search(r"/tmp/|/root/|/home/|stderr", QUICKSTART.read_text())


def test_page_of_a_notebook_has_its_text_code_and_outputs(stored: Any, hook: Any) -> None:
    page = hook.page(QUICKSTART)
    for cell in stored.cells:
        assert cell.source in page
    assert page.startswith("# Quickstart\n")
    assert page.count('<div class="cell-output">') == sum(
        "text/html" in output.get("data", {}) for cell in code_cells(stored) for output in cell.outputs
    )
    assert "PosixPath('runs/garments/report.html')" in page
    assert '<a href="quickstart.ipynb" download>' in page


def test_output_of_every_kind_is_shown(hook: Any, tmp_path: Path) -> None:
    table = '<style scoped>\n\n</style><p>\n\n\n</p><table border="1" class="dataframe">'
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]},
        {
            "output_type": "execute_result",
            "data": {
                "text/html": [table],
                "text/plain": ["plain"],
            },
        },
        {"output_type": "display_data", "data": {"image/png": "aGVhZHJhY2U=\n", "text/plain": ["<Figure>"]}},
        {"output_type": "execute_result", "data": {"text/plain": ["42"]}},
        {"output_type": "stream", "name": "stdout", "text": []},
    ]
    (tmp_path / "one.ipynb").write_text(
        json.dumps({"cells": [{"cell_type": "code", "source": ["a = 1\n", "a"], "outputs": outputs}]})
    )
    assert hook.page(tmp_path / "one.ipynb").split("\n\n")[:-1] == [
        "```python\na = 1\na\n```",
        "```text\none\ntwo\n```",
        '<div class="cell-output"><p>\n</p><table></div>',
        '<img alt="Output of the cell above" src="data:image/png;base64,aGVhZHJhY2U=">',
        "```text\n42\n```",
    ]


def test_links_to_notebooks_lead_to_their_pages(hook: Any) -> None:
    markdown = "[a](quickstart.ipynb) [b](../quickstart.ipynb#a-table) [c](notebook.md)"
    expected = "[a](quickstart.md) [b](../quickstart.md#a-table) [c](notebook.md)"
    assert hook.on_page_markdown(markdown, page=None, config=None, files=None) == expected
