"""The message about a folder of files of rows has a pattern that matches them."""

from pathlib import Path

import pytest

from headrace.predict.input_files import common_pattern


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["_SUCCESS", ".part-0.parquet.crc", "part-0-abc.snappy.parquet", "part-1-abc.snappy.parquet"], "*.parquet"),
        (["a.jsonl", "b.jsonl", "notes.csv"], "*.jsonl"),
        (["2026-01.export.csv.gz", "readme.md"], "*.csv.gz"),
        (["day=1/a.orc", "day=2/b.orc"], "*/*.orc"),
        (["a.txt"], None),
    ],
)
def test_pattern_matches_the_files_of_a_folder(tmp_path: Path, names: list[str], pattern: str | None) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert common_pattern(tmp_path) == pattern
    if pattern is not None:
        assert set(map(str, (one.relative_to(tmp_path) for one in tmp_path.glob(pattern)))) <= set(names)
