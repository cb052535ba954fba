"""A damaged shard is reported by name and ends the training on all ranks, whichever rank reads it."""

import shutil
from pathlib import Path

import pytest

from tests.support.commands import headrace

pytestmark = [pytest.mark.spark, pytest.mark.horovod]


@pytest.fixture
def own(workspace: Path, tmp_path: Path) -> Path:
    """Return a workspace whose table the test may damage."""
    for name in ("models", "table"):
        shutil.copytree(workspace / name, tmp_path / name)
    shutil.copy(workspace / "conf.yaml", tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["a flipped byte", pytest.param("a missing file", marks=pytest.mark.long)])
def test_damaged_shard_ends_training_on_two_ranks_and_is_named(own: Path, damage: str) -> None:
    shards = sorted((own / "table").glob("split=train/*.parquet"))
    shard = shards[len(shards) // 2]
    if damage == "a missing file":
        shard.unlink()
    else:
        data = bytearray(shard.read_bytes())
        data[len(data) // 2] ^= 1
        shard.write_bytes(bytes(data))
    # A rank that waited for the other would end by the stall timeout, with exit code 4.
    result = headrace("train", "conf.yaml", cwd=own, code=3)
    assert shard.name in result.last_error_line
