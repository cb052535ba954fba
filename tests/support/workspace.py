"""The checkout, folders that all processes of a test run share, and a configuration for small runs."""

import shutil
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def make_once(folder: Path, make: Callable[[Path], object]) -> Path:
    """Return `folder`, which the first process of this run fills; others wait."""
    from headrace.locks.file_lock import lock_file

    made = folder.with_suffix(".made")
    with lock_file(folder.with_suffix(".lock"), "tests", wait=True):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            made.touch()
    return folder


def write_configuration(folder: Path, raw: Path) -> None:
    """Write a configuration for small runs with relative paths; 1 epoch takes 10 steps on 2 ranks."""
    shutil.copytree(ROOT / "models", folder / "models", dirs_exist_ok=True)
    (folder / "conf.yaml").write_text(
        f"""
data: {{source: {{kind: folder, path: {raw}}}, table: table}}
prepare: {{image: {{mode: L, size: [28, 28], codec: raw}}, shard_rows: 100}}
model: {{file: models/cnn.py, options: {{width: 4, dense: 16}}}}
train: {{run: run, ranks: 2, epochs: 1, batch_size: 64, checkpoint_every_steps: 5, log_every_steps: 1}}
"""
    )


def link_workspace(workspace: Path, folder: Path) -> Path:
    """Fill `folder` with a copy of `conf.yaml` and of the networks, and a link to the table of `workspace`."""
    folder.mkdir(exist_ok=True)
    shutil.copy(workspace / "conf.yaml", folder)
    shutil.copytree(workspace / "models", folder / "models")
    (folder / "table").symlink_to(workspace / "table")
    return folder
