"""Files that `data.source.exclude` names."""

import logging
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError
from headrace.prepare.sources.folders.exclude_patterns import exclude
from headrace.prepare.sources.raw_file_and_record import Listing, RawFile


def listing(*paths: str) -> Listing:
    """Return the listing of files in class folders."""
    labels = [path.split("/")[0] for path in paths]
    files = [RawFile(path, label, None, 1, 1) for path, label in zip(paths, labels, strict=True)]
    return Listing("/raw", files, tuple(sorted(set(labels))))


PATHS = ("cat/1.png", "cat/monday/2.png", "dog/monday/3.png", "fox/monday/4.png")


def test_exclude_leaves_out_files_and_their_only_class(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    left = exclude(listing(*PATHS), ["dog/*", "*/2.png"])
    assert [file.path for file in left.files] == ["cat/1.png", "fox/monday/4.png"]
    assert left.classes == ("cat", "fox")
    assert "2 of 4 files are left out by data.source.exclude" in caplog.text


def test_exclude_refuses_a_pattern_without_a_file_and_a_source_without_files() -> None:
    with pytest.raises(DataError, match=r"'\*/tuesday/\*', which matches no file of /raw; .* such as 'cat/1.png'"):
        exclude(listing(*PATHS), ["*/monday/*", "*/tuesday/*"])
    with pytest.raises(DataError, match="leaves none of the 4 files"):
        exclude(listing(*PATHS), ["*"])


@given(st.lists(st.text("ab/*?[]!", min_size=1, max_size=5), min_size=1, max_size=6, unique=True), st.text("ab/*?[]!"))
def test_exclude_agrees_with_fnmatch(paths: list[str], pattern: str) -> None:
    kept = [path for path in paths if not fnmatchcase(path, pattern)]
    if 0 < len(kept) < len(paths):
        assert [file.path for file in exclude(listing(*paths), [pattern]).files] == kept
    else:
        with pytest.raises(DataError):
            exclude(listing(*paths), [pattern])
