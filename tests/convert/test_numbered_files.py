"""Rows are divided among files in their order, and no file is larger than its limits."""

from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from headrace.convert.numbered_files import Item, Limits, add_count_to_names, write_files


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 50))), st.integers(1, 12), st.integers(1, 120))
def test_files_have_all_items_in_order_within_the_limits(sizes: list[tuple[int, int]], rows: int, size: int) -> None:
    files = dict[Path, list[tuple[int, int]]]()

    def write(path: Path, items: Iterator[tuple[int, int]]) -> None:
        files[path] = list(items)

    items = (Item(*one, content=one) for one in sizes)
    names = write_files(items, Limits(rows, size), lambda number: Path(f"{number}.x"), write)
    assert names == [Path(f"{number}.x") for number in range(len(files))]
    assert [one for name in names for one in files[name]] == sizes
    for found in files.values():
        assert len(found) == 1 or (sum(one[0] for one in found) <= rows and sum(one[1] for one in found) <= size)


def test_count_is_in_the_name_of_each_file(tmp_path: Path) -> None:
    files = [tmp_path / f"train-0000{number}.tfrecord" for number in range(2)]
    for file in files:
        file.write_text(file.name)
    renamed = add_count_to_names(files)
    assert [file.name for file in renamed] == ["train-00000-of-00002.tfrecord", "train-00001-of-00002.tfrecord"]
    assert [file.read_text() for file in renamed] == [file.name for file in files]
