"""A shard that is not the one that was written ends in one sentence: never in a hang, never in wrong rows."""

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
from headrace.stream.read import integrity
from headrace.stream.read.shards import read_shards
from headrace.table import Shard, Version

COLUMNS = ["path", "label", "image"]
pytestmark = [pytest.mark.usefixtures("no_threads_left"), pytest.mark.timeout(60)]


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x10
    path.write_bytes(bytes(data))


def refusal(table: Version, shards: list[Shard] | None = None) -> str:
    """What reading says; rows must not have come from a shard that is not as it was written."""
    with pytest.raises(DataError) as caught:
        list(read_shards(table.table, shards or table.shards, COLUMNS))
    message = str(caught.value)
    assert "\n" not in message
    return message


def middle(table: Version, number: int = 5) -> Path:
    return table.table / table.shards[number].path


@pytest.mark.parametrize("number", range(9))
def test_a_missing_shard_is_named(table: Version, number: int) -> None:
    middle(table, number).unlink()
    assert middle(table, number).name in refusal(table)


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"PAR1"),
    "another file": lambda path: path.write_bytes(b"no Parquet at all" * 100),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("number", [0, 1, 4, 8])
def test_a_damaged_shard_is_refused_by_its_name(table: Version, damage: str, number: int) -> None:
    DAMAGES[damage](middle(table, number))
    assert middle(table, number).name in refusal(table)


def test_a_byte_flipped_anywhere_in_a_shard_is_noticed(table: Version) -> None:
    path = middle(table, 0)
    whole = path.read_bytes()
    for place in range(0, len(whole), len(whole) // 60):
        flip(path, place)
        refusal(table)
        path.write_bytes(whole)
    assert sum(len(rows["path"]) for rows in read_shards(table.table, table.shards, COLUMNS)) == 96


@pytest.mark.petastorm
def test_petastorm_alone_reads_a_flipped_byte_as_if_it_were_right(table: Version) -> None:
    """When this fails pyarrow verifies pages itself, and the check of whole files may be dropped."""
    from petastorm import make_batch_reader

    path = middle(table, 0)
    whole = path.read_bytes()
    wrong = False
    for place in range(4, len(whole) - 8, 97):
        flip(path, place)
        try:
            with make_batch_reader([f"file://{path}"], workers_count=1) as reader:
                wrong = wrong or any(len(batch.label) == table.shards[0].rows for batch in reader)
        except Exception:  # noqa: BLE001  other flips are noticed in many ways
            pass
        path.write_bytes(whole)
    assert wrong


def test_a_shard_in_the_place_of_another_is_refused(table: Version) -> None:
    shutil.copyfile(middle(table, 1), middle(table, 5))
    assert middle(table, 5).name in refusal(table)


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_log_that_says_another_number_of_rows_is_refused(table: Version, difference: int) -> None:
    shards = list(table.shards)
    shards[3] = replace(shards[3], rows=shards[3].rows + difference)
    assert f"gave 3 rows where its log says {3 + difference}" in refusal(table, shards)


def test_rows_before_a_damaged_shard_are_still_the_right_ones(table: Version) -> None:
    flip(middle(table, 8), 50)
    read = read_shards(table.table, table.shards, COLUMNS)
    paths = [path for _, rows in zip(range(4), read, strict=False) for path in rows["path"].tolist()]
    assert paths == [f"train/{row}.png" for row in range(34)]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what is hashed from now on."""
    sizes: list[int] = []
    sha256 = hashlib.sha256
    monkeypatch.setattr(integrity.hashlib, "sha256", lambda data: sizes.append(len(data)) or sha256(data))
    return sizes


def test_a_shard_is_verified_once_in_a_process(table: Version, hashed: list[int]) -> None:
    for _ in range(3):
        list(read_shards(table.table, table.shards, COLUMNS))
    # What is shorter than a shard is no shard.
    assert sorted(size for size in hashed if size > 100) == sorted(shard.size for shard in table.shards)


def test_a_shard_that_changes_after_it_was_verified_is_noticed(table: Version) -> None:
    list(read_shards(table.table, table.shards, COLUMNS))
    for place in range(0, middle(table).stat().st_size, 200):
        flip(middle(table), place)
        assert "was changed after it was written" in refusal(table)
        flip(middle(table), place)


def test_a_shard_without_a_column_is_refused_with_those_it_has(table: Version) -> None:
    with pytest.raises(DataError, match="has no column depth; it has: path, label, image, content_hash"):
        next(read_shards(table.table, table.shards, ["label", "depth"]))


def test_an_error_of_the_reader_prints_no_trace(table: Version, capfd: pytest.CaptureFixture[str]) -> None:
    flip(middle(table), 50)
    refusal(table)
    assert capfd.readouterr().err == ""


class Payload:
    """Unpickled, it writes a file; it gets past Petastorm's list of allowed modules."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return builtins.exec, (f"open({str(self.file)!r}, 'w').close()",)


def plant(folder: Path, name: str, file: Path) -> None:
    schema = pa.schema([("path", pa.string())])
    metadata = {b"dataset-toolkit.unischema.v1": pickle.dumps(Payload(file))}
    pq.write_metadata(schema.with_metadata(metadata), folder / name)


@pytest.mark.parametrize("name", ["_common_metadata", "_metadata"])
@pytest.mark.parametrize("below", [".", "split=train"])
def test_a_table_with_a_pickled_schema_is_refused_before_petastorm_opens_it(
    table: Version, tmp_path: Path, name: str, below: str
) -> None:
    plant(table.table / below, name, tmp_path / "ran")
    assert "can run code" in refusal(table)
    assert not (tmp_path / "ran").exists()


def test_a_folder_in_the_place_of_a_shard_is_not_opened_by_petastorm(table: Version, tmp_path: Path) -> None:
    only = middle(table, 0)
    only.unlink()
    only.mkdir()
    plant(only, "_common_metadata", tmp_path / "ran")
    refusal(table, [table.shards[0]])
    assert not (tmp_path / "ran").exists()


@pytest.mark.petastorm
def test_petastorm_alone_runs_what_a_pickled_schema_carries(table: Version, tmp_path: Path) -> None:
    """When this fails Petastorm has become safe, and `refuse_pickled_schema` may be dropped."""
    from petastorm import make_batch_reader

    folder = table.table / "split=train"
    plant(folder, "_common_metadata", tmp_path / "ran")
    try:
        with make_batch_reader(f"file://{folder}", workers_count=1):
            pass
    except Exception:  # noqa: BLE001  what was unpickled is no schema
        pass
    assert (tmp_path / "ran").exists()
