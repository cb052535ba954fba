"""Data sets of texts and numbers match the description in the listing."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace.errors import DataError
from headrace.fetch import DATASETS, debian_packages, fetch
from headrace.fetch.datasets import manual_page_languages
from headrace.fetch.readers.untranslated_english_lines import ENGLISH, split_words

NAMES = ["movie-reviews", "four-sources", "temperatures"]
if debian_packages.has_packages():
    NAMES.append("manual-pages")


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Yield the records of each data set by its name."""
    folder = tmp_path_factory.mktemp("records")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        for name in NAMES:
            assert fetch(name, folder / name)["fetched"] is True
            assert fetch(name, folder / name)["fetched"] is False
        yield {name: records(folder / name) for name in NAMES}


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "records.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_records_have_the_declared_splits_and_classes(name: str, fetched: dict[str, list[dict[str, Any]]]) -> None:
    dataset = DATASETS[name]
    assert Counter(record.get("split", "all") for record in fetched[name]) == dict(dataset.splits)
    assert {record["label"] for record in fetched[name] if record.get("label")} == set(dataset.classes)


def test_movie_review_label_is_the_sign_of_its_rating(fetched: dict[str, Any]) -> None:
    reviews = fetched["movie-reviews"]
    assert reviews[0]["text"].startswith("The Rock is destined to be the 21st Century's new")
    assert reviews[0]["rating"] == pytest.approx(2.26667, abs=1e-4)
    signs = {"positive": 1, "negative": -1, None: 0}
    assert all((one["rating"] > 0) - (one["rating"] < 0) == signs[one["label"]] for one in reviews)
    assert sum(one["label"] is None for one in reviews) == 37


def test_sentences_of_one_document_are_in_one_split(fetched: dict[str, Any]) -> None:
    splits: dict[str, set[str]] = {}
    for record in fetched["four-sources"]:
        if record["label"] in ("editorial", "product-review"):
            splits.setdefault(record["id"].partition("_")[0], set()).add(record["split"])
    assert len(splits) == 798
    assert all(len(found) == 1 for found in splits.values())


def test_temperatures_are_split_by_time(fetched: dict[str, Any]) -> None:
    of = {
        split: [one["time"] for one in fetched["temperatures"] if one["split"] == split] for split in ("train", "test")
    }
    assert max(of["train"]) < "2010-10-01" <= "2010-11-01" <= min(of["test"])
    assert {one["city"] for one in fetched["temperatures"]} == {"seattle", "san-francisco"}


@pytest.mark.skipif("manual-pages" not in NAMES, reason="apt-get and dpkg-deb are not on this machine")
def test_manual_page_lines_are_unique_and_not_english(fetched: dict[str, Any]) -> None:
    lines = [one["text"] for one in fetched["manual-pages"]]
    assert len(set(lines)) == len(lines)
    assert all(manual_page_languages.is_sentence(line) for line in lines)
    assert not [line for line in lines if len(set(split_words(line)) & ENGLISH) >= 2]


def test_limit_takes_records_from_the_whole_file(tmp_path: Path, fetched: dict[str, Any]) -> None:
    assert fetch("four-sources", tmp_path / "few", 100)["splits"] == {"train": 100, "val": 40, "test": 40}
    found = Counter(one["label"] for one in records(tmp_path / "few") if one["split"] == "train")
    assert min(found.values()) >= 10


def test_fetch_restores_missing_line(tmp_path: Path, fetched: dict[str, Any]) -> None:
    fetch("temperatures", tmp_path / "data", 100)
    file = tmp_path / "data" / "records.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    assert fetch("temperatures", tmp_path / "data", 100)["fetched"] is True
    assert file.read_bytes() == whole


def test_fetch_without_apt_reports_where_to_place_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("headrace.fetch.debian_packages.has_packages", lambda: False)
    with pytest.raises(DataError, match=r"this machine lacks apt-get .* place the files manpages-de\.deb") as caught:
        fetch("manual-pages", tmp_path / "data")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "data").exists()
