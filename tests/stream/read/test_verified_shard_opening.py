"""A changed shard is refused in one sentence, without a hang and without wrong rows."""

import builtins
import hashlib
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.errors import DataError
from headrace.stream.read import verified_shard_opening
from headrace.stream.read.ordered_shard_reader import read_shards
from headrace.table import Shard, Version

COLUMNS = ["path", "label", "image"]
pytestmark = [pytest.mark.usefixtures("no_threads_left"), pytest.mark.timeout(60)]


def flip_bit(path: Path, position: int) -> None:
    """Flip one bit of the byte at this position."""
    data = bytearray(path.read_bytes())
    data[position] ^= 0x10
    path.write_bytes(bytes(data))


def refusal(table: Version, shards: list[Shard] | None = None) -> str:
    """Return the message of the error that reading the shards raises."""
    with pytest.raises(DataError) as caught:
        list(read_shards(table.table, shards or table.shards, COLUMNS))
    message = str(caught.value)
    assert "\n" not in message
    return message


def shard_path(table: Version, number: int = 5) -> Path:
    """Return the path of a shard."""
    return table.table / table.shards[number].path


@pytest.mark.parametrize("number", [0, 4, 8])
def test_missing_shard_is_named(table: Version, number: int) -> None:
    shard_path(table, number).unlink()
    assert shard_path(table, number).name in refusal(table)


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"PAR1"),
    "another file": lambda path: path.write_bytes(b"no Parquet at all" * 100),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("number", [0, 8])
def test_damaged_shard_is_named(table: Version, damage: str, number: int) -> None:
    DAMAGES[damage](shard_path(table, number))
    assert shard_path(table, number).name in refusal(table)


def test_flipped_byte_anywhere_is_detected(table: Version) -> None:
    path = shard_path(table, 0)
    whole = path.read_bytes()
    for position in range(0, len(whole), len(whole) // 60):
        flip_bit(path, position)
        refusal(table)
        path.write_bytes(whole)
    assert sum(len(rows["path"]) for rows in read_shards(table.table, table.shards, COLUMNS)) == 96


@pytest.mark.petastorm
def test_petastorm_still_misses_flipped_byte(table: Version) -> None:
    """When this fails, pyarrow verifies pages itself, and the check of whole files can be removed."""
    from petastorm import make_batch_reader

    path = shard_path(table, 0)
    whole = path.read_bytes()
    wrong = False
    for position in range(4, len(whole) - 8, 97):
        flip_bit(path, position)
        try:
            with make_batch_reader([f"file://{path}"], workers_count=1) as reader:
                wrong = wrong or any(len(batch.label) == table.shards[0].rows for batch in reader)
        except Exception:  # noqa: BLE001  other flips raise various errors
            pass
        path.write_bytes(whole)
    assert wrong


def test_swapped_shard_is_refused(table: Version) -> None:
    shutil.copyfile(shard_path(table, 1), shard_path(table, 5))
    assert shard_path(table, 5).name in refusal(table)


@pytest.mark.parametrize("difference", [-1, 1])
def test_other_number_of_rows_than_in_log_is_refused(table: Version, difference: int) -> None:
    shards = list(table.shards)
    shards[3] = replace(shards[3], rows=shards[3].rows + difference)
    assert f"has 3 rows, but the table's log says {3 + difference}" in refusal(table, shards)


def test_rows_before_damaged_shard_are_correct(table: Version) -> None:
    flip_bit(shard_path(table, 8), 50)
    read = read_shards(table.table, table.shards, COLUMNS)
    paths = [path for _, rows in zip(range(4), read, strict=False) for path in rows["path"].tolist()]
    assert paths == [f"train/{row}.png" for row in range(34)]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that collects the sizes of hashed data."""
    sizes: list[int] = []
    sha256 = hashlib.sha256
    monkeypatch.setattr(verified_shard_opening.hashlib, "sha256", lambda data: sizes.append(len(data)) or sha256(data))
    return sizes


def test_shard_is_verified_once_per_process(table: Version, hashed: list[int]) -> None:
    for _ in range(3):
        list(read_shards(table.table, table.shards, COLUMNS))
    # Shorter data is not a shard.
    assert sorted(size for size in hashed if size > 100) == sorted(shard.size for shard in table.shards)


def test_change_after_verification_is_detected(table: Version) -> None:
    list(read_shards(table.table, table.shards, COLUMNS))
    for position in range(0, shard_path(table).stat().st_size, 200):
        flip_bit(shard_path(table), position)
        assert "was changed after it was written" in refusal(table)
        flip_bit(shard_path(table), position)


def test_missing_column_is_refused_with_existing_columns(table: Version) -> None:
    with pytest.raises(DataError, match="has no column depth; it has: path, label, image, content_hash"):
        next(read_shards(table.table, table.shards, ["label", "depth"]))


def test_reader_error_prints_no_traceback(table: Version, capfd: pytest.CaptureFixture[str]) -> None:
    flip_bit(shard_path(table), 50)
    refusal(table)
    assert capfd.readouterr().err == ""


class Payload:
    """An object that writes a file when it is unpickled, and passes Petastorm's list of allowed modules."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return builtins.exec, (f"open({str(self.file)!r}, 'w').close()",)


def write_pickled_schema(folder: Path, name: str, file: Path) -> None:
    """Write a metadata file whose pickled schema writes `file` when it is loaded."""
    schema = pa.schema([("path", pa.string())])
    metadata = {b"dataset-toolkit.unischema.v1": pickle.dumps(Payload(file))}
    pq.write_metadata(schema.with_metadata(metadata), folder / name)


@pytest.mark.parametrize("name", ["_common_metadata", "_metadata"])
@pytest.mark.parametrize("below", [".", "split=train"])
def test_pickled_schema_is_refused_before_it_is_opened(table: Version, tmp_path: Path, name: str, below: str) -> None:
    write_pickled_schema(table.table / below, name, tmp_path / "ran")
    assert "can run code" in refusal(table)
    assert not (tmp_path / "ran").exists()


def test_folder_in_place_of_shard_is_not_opened(table: Version, tmp_path: Path) -> None:
    only = shard_path(table, 0)
    only.unlink()
    only.mkdir()
    write_pickled_schema(only, "_common_metadata", tmp_path / "ran")
    refusal(table, [table.shards[0]])
    assert not (tmp_path / "ran").exists()


@pytest.mark.petastorm
def test_petastorm_still_runs_code_of_pickled_schema(table: Version, tmp_path: Path) -> None:
    """When this fails, Petastorm has become safe, and `refuse_pickled_schema` can be removed."""
    from petastorm import make_batch_reader

    folder = table.table / "split=train"
    write_pickled_schema(folder, "_common_metadata", tmp_path / "ran")
    try:
        with make_batch_reader(f"file://{folder}", workers_count=1):
            pass
    except Exception:  # noqa: BLE001  the unpickled object is not a schema
        pass
    assert (tmp_path / "ran").exists()
