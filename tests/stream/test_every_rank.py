"""What is wrong with a shard is told by its name and ends a training on all ranks, whichever of them reads it."""

import shutil
from pathlib import Path

import pytest

from tests.support.commands import headrace


@pytest.fixture
def own(workspace: Path, tmp_path: Path) -> Path:
    """A workspace whose table the test may damage."""
    for name in ("models", "table"):
        shutil.copytree(workspace / name, tmp_path / name)
    shutil.copy(workspace / "conf.yaml", tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["a flipped byte", pytest.param("a missing file", marks=pytest.mark.long)])
def test_a_damaged_shard_ends_the_training_of_two_ranks_by_its_name(own: Path, damage: str) -> None:
    shards = sorted((own / "table").glob("split=train/*.parquet"))
    chosen = shards[len(shards) // 2]
    if damage == "a missing file":
        chosen.unlink()
    else:
        data = bytearray(chosen.read_bytes())
        data[len(data) // 2] ^= 1
        chosen.write_bytes(bytes(data))
    # A rank that waited for the other would end by the time limit for stalls, which is exit code 4.
    answer = headrace("train", "conf.yaml", cwd=own, code=3)
    assert chosen.name in answer.last_error_line
