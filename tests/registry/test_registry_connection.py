"""The database of a registry is created once, however many processes find none."""

import subprocess
import sys
from pathlib import Path

import pytest

OPEN = """
import sys
from pathlib import Path

from headrace.registry.registry_connection import RegistryConnection
from headrace.registry.version_registration_and_lookup import versions

folder = Path(sys.argv[1])
print(versions(RegistryConnection(folder, "clothes", f"sqlite:///{folder / 'mlflow.db'}")))
"""


@pytest.mark.slow
def test_processes_that_find_no_database_create_one_together(tmp_path: Path) -> None:
    """MLflow creates its tables step by step, and fails if another process does the same."""
    folder = tmp_path / "registry"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(folder)], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    printed = [process.communicate(timeout=300) for process in running]
    assert [process.returncode for process in running] == [0, 0], [error[-2000:] for _, error in printed]
    assert [out for out, _ in printed] == ["[]\n"] * 2
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "mlflow.db"]
