"""Files are dealt to tasks: each once, within bounds, mixed, and the same way every time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.config.configuration import Prepare
from headrace.prepare.chunks import make_chunks
from headrace.prepare.plan import Chunk
from headrace.prepare.sources.base import RawFile

SIZES = st.lists(st.integers(0, 100), max_size=60)


def files(sizes: list[int]) -> list[RawFile]:
    return [RawFile(f"{number:03d}.png", "cat", None, size, 0) for number, size in enumerate(sizes)]


def dealt(sizes: list[int], rows: int = 7, size: int = 150, seed: int = 0) -> list[Chunk]:
    return list(make_chunks(files(sizes), Prepare(shard_rows=rows, shard_bytes=size, seed=seed)))


@settings(derandomize=True, deadline=None)
@given(sizes=SIZES, rows=st.integers(1, 10), size=st.integers(1, 200), seed=st.integers(0, 2**32 - 1))
def test_every_file_is_in_exactly_one_chunk(sizes: list[int], rows: int, size: int, seed: int) -> None:
    chunks = dealt(sizes, rows, size, seed)
    assert sorted(file for chunk in chunks for file in chunk.files) == files(sizes)
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))


@settings(derandomize=True, deadline=None)
@given(sizes=SIZES, rows=st.integers(1, 10), size=st.integers(1, 200))
def test_no_chunk_is_empty_or_beyond_the_bounds_but_for_one_large_file(sizes: list[int], rows: int, size: int) -> None:
    for chunk in dealt(sizes, rows, size):
        assert 1 <= len(chunk.files) <= rows
        assert len(chunk.files) == 1 or sum(file.size for file in chunk.files) <= size


@settings(derandomize=True, deadline=None)
@given(sizes=SIZES, rows=st.integers(1, 10), size=st.integers(1, 200))
def test_no_more_chunks_than_needed(sizes: list[int], rows: int, size: int) -> None:
    """Two that follow each other would not fit into one."""
    chunks = dealt(sizes, rows, size)
    for left, right in zip(chunks, chunks[1:], strict=False):
        assert len(left.files) == rows or sum(file.size for file in (*left.files, right.files[0])) > size


@settings(derandomize=True, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 2**32 - 1))
def test_the_same_files_and_seed_are_dealt_the_same_way(sizes: list[int], seed: int) -> None:
    assert dealt(sizes, seed=seed) == dealt(sizes, seed=seed)


def test_another_seed_deals_another_way() -> None:
    assert dealt([1] * 50, seed=0) != dealt([1] * 50, seed=1)


def test_classes_are_mixed() -> None:
    listed = [RawFile(f"{label}/{number}", label, None, 1, 0) for label in ("cat", "dog") for number in range(500)]
    for chunk in make_chunks(listed, Prepare(shard_rows=100)):
        assert 25 < sum(file.label == "cat" for file in chunk.files) < 75


@pytest.mark.parametrize(
    ("count", "slots", "chunks"), [(40, 2, 4), (40, 4, 4), (40, 8, 8), (5, 2, 2), (1, 4, 1), (2000, 2, 134)]
)
def test_few_chunks_are_even_and_as_many_as_keep_all_slots_at_work(count: int, slots: int, chunks: int) -> None:
    settings = Prepare(shard_rows=1000, shard_bytes=150)
    made = list(make_chunks(files([10] * count), settings, slots))
    assert sorted(file for chunk in made for file in chunk.files) == sorted(files([10] * count))
    sizes = [len(chunk.files) for chunk in made]
    assert len(sizes) == chunks
    assert max(sizes) - min(sizes) <= 1 or chunks > 16 * slots
