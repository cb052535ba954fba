"""Execute a notebook of docs/ in a kernel, and write it with its outputs: `python -m tests.support.notebook`."""

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from tests.support.workspace import ROOT

QUICKSTART = ROOT / "docs" / "quickstart.ipynb"
MASTER = "--master local[2] --conf spark.ui.enabled=false pyspark-shell"


def execute(path: Path, folder: Path) -> Any:
    """Return the notebook with the outputs of all cells, run in `folder`.

    Raises:
        CellExecutionError: a cell raised an error.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.create_kernel_manager()
    # The Python of this process, whichever kernels the machine has.
    client.km.kernel_spec.argv[0] = sys.executable
    # Sockets of files, which other users of the machine cannot reach.
    client.km.transport, client.km.ip = "ipc", str(folder / "kernel")
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    client.execute(env=os.environ | {"PYTHONPATH": paths, "PYSPARK_SUBMIT_ARGS": MASTER})
    return notebook


def without_machine(notebook: Any, folder: Path) -> Any:
    """Remove from the outputs what differs from machine to machine: standard error, times, and the folder's path."""
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", {}
        outputs = [output for output in cell.get("outputs", []) if output.get("name") != "stderr"]
        for output in outputs:
            output.update({key: _shorten(output[key], folder) for key in ("text", "data") if key in output})
        if "outputs" in cell:
            cell.outputs = outputs
    notebook.metadata = {"language_info": {"name": "python"}, "kernelspec": notebook.metadata.get("kernelspec", {})}
    return notebook


def _shorten(value: Any, folder: Path) -> Any:
    if isinstance(value, dict):
        return {key: _shorten(one, folder) for key, one in value.items()}
    return re.sub(rf"(file:)?{re.escape(str(folder.resolve()))}/?", "", value) if isinstance(value, str) else value


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(without_machine(execute(QUICKSTART, Path(folder)), Path(folder)), QUICKSTART)
