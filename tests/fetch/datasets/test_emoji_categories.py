"""Emoji are written with their pictures, and variants of one emoji are in one split."""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from headrace.fetch import DATASETS, fetch
from headrace.fetch.datasets import emoji_categories
from headrace.fetch.datasets.emoji_categories import family

Record = dict[str, str]


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        (["family", "family (man,woman,girl,boy)"], "family"),
        (["two men holding hands", "man and woman holding hands"], "holding hands"),
        (["clock face two oclock", "clock face twelve-thirty"], "clock face"),
        (["keycap digit nine", "keycap digit zero"], "keycap digit"),
        (["squared cjk unified ideograph-55b6"], "squared cjk unified ideograph"),
        (["white left pointing backhand index", "white up pointing backhand index"], "backhand index"),
        (["full moon symbol", "waxing crescent moon symbol"], "moon symbol"),
        (["man", "girl"], ""),
        (["Curaçao"], "curaçao"),
    ],
)
def test_family_is_what_names_of_variants_have_in_common(variants: list[str], expected: str) -> None:
    assert {family(name) for name in variants} == {expected}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the folder of the fetched data set."""
    base = tmp_path_factory.mktemp("emoji")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(base / "cache"))
        result = fetch("emoji", base / "raw")
        assert (result["fetched"], result["splits"]) == (True, dict(DATASETS["emoji"].splits))
        assert fetch("emoji", base / "raw")["fetched"] is False
        yield base / "raw"


@pytest.fixture
def records(folder: Path) -> list[Record]:
    """Return the rows of the CSV file."""
    with (folder / "emoji.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.network
def test_variants_of_an_emoji_are_in_one_split(records: list[Record]) -> None:
    splits: dict[str, set[str]] = {}
    for record in records:
        splits.setdefault(family(record["name"]), set()).add(record["split"])
    assert {len(found) for found in splits.values()} == {1}
    assert Counter(family(record["name"]) for record in records)["clock face"] == 24


@pytest.mark.network
def test_pictures_are_distinct_and_have_no_tones_of_skin(folder: Path, records: list[Record]) -> None:
    assert {record["category"] for record in records} == set(DATASETS["emoji"].classes)
    assert not any("tone" in record["name"].split() for record in records)
    files = [folder / record["picture"] for record in records]
    assert len({hashlib.sha256(file.read_bytes()).digest() for file in files}) == len(records) == 1364
    assert {Image.open(file).size for file in files} == {(64, 64)}


@pytest.mark.network
def test_package_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(emoji_categories, "VERSION", "9.9-1")
    with pytest.raises(Exception, match=r"from package ruby-gemojione 9\.9-1 of Debian 12: .*'9\.9-1'.*not found"):
        fetch("emoji", tmp_path / "raw")
    assert not (tmp_path / "raw").exists()
