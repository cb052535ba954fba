"""Files are assigned to chunks: each once, within limits, shuffled, and reproducibly."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.config.configuration_model import Prepare
from headrace.prepare.incremental_plan_and_task_context import Chunk
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.prepare.tasks.task_chunks import make_chunks

SIZES = st.lists(st.integers(0, 100), max_size=60)


def files(sizes: list[int]) -> list[RawFile]:
    return [RawFile(f"{number:03d}.png", "cat", None, size, 0) for number, size in enumerate(sizes)]


def chunk_files(sizes: list[int], rows: int = 7, size: int = 150, seed: int = 0) -> list[Chunk]:
    return list(make_chunks(files(sizes), Prepare(shard_rows=rows, shard_bytes=size, seed=seed)))


@settings(derandomize=True, deadline=None)
@given(sizes=SIZES, rows=st.integers(1, 10), size=st.integers(1, 200), seed=st.integers(0, 2**32 - 1))
def test_make_chunks_assigns_every_file_once(sizes: list[int], rows: int, size: int, seed: int) -> None:
    chunks = chunk_files(sizes, rows, size, seed)
    assert sorted(file for chunk in chunks for file in chunk.files) == files(sizes)
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))


@settings(derandomize=True, deadline=None)
@given(sizes=SIZES, rows=st.integers(1, 10), size=st.integers(1, 200))
def test_make_chunks_respects_limits_except_for_one_large_file(sizes: list[int], rows: int, size: int) -> None:
    for chunk in chunk_files(sizes, rows, size):
        assert 1 <= len(chunk.files) <= rows
        assert len(chunk.files) == 1 or sum(file.size for file in chunk.files) <= size


@settings(derandomize=True, deadline=None)
@given(sizes=SIZES, rows=st.integers(1, 10), size=st.integers(1, 200))
def test_make_chunks_fills_chunks(sizes: list[int], rows: int, size: int) -> None:
    """Two consecutive chunks do not fit into one."""
    chunks = chunk_files(sizes, rows, size)
    for left, right in zip(chunks, chunks[1:], strict=False):
        assert len(left.files) == rows or sum(file.size for file in (*left.files, right.files[0])) > size


@settings(derandomize=True, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 2**32 - 1))
def test_make_chunks_is_reproducible(sizes: list[int], seed: int) -> None:
    assert chunk_files(sizes, seed=seed) == chunk_files(sizes, seed=seed)


def test_make_chunks_depends_on_the_seed() -> None:
    assert chunk_files([1] * 50, seed=0) != chunk_files([1] * 50, seed=1)


def test_make_chunks_mixes_classes() -> None:
    listing = [RawFile(f"{label}/{number}", label, None, 1, 0) for label in ("cat", "dog") for number in range(500)]
    for chunk in make_chunks(listing, Prepare(shard_rows=100)):
        assert 25 < sum(file.label == "cat" for file in chunk.files) < 75


@pytest.mark.parametrize(
    ("count", "slots", "chunks"), [(40, 2, 4), (40, 4, 4), (40, 8, 8), (5, 2, 2), (1, 4, 1), (2000, 2, 134)]
)
def test_make_chunks_balances_few_chunks_over_all_slots(count: int, slots: int, chunks: int) -> None:
    settings = Prepare(shard_rows=1000, shard_bytes=150)
    chunk_list = list(make_chunks(files([10] * count), settings, slots))
    assert sorted(file for chunk in chunk_list for file in chunk.files) == sorted(files([10] * count))
    sizes = [len(chunk.files) for chunk in chunk_list]
    assert len(sizes) == chunks
    assert max(sizes) - min(sizes) <= 1 or chunks > 16 * slots
