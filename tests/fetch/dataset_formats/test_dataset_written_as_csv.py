"""Data sets of rows of numbers and categories are written as one CSV file and match the description in the listing."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headrace.fetch import DATASETS, fetch
from headrace.fetch.dataset_formats.dataset_written_as_csv import RowDataset

Record = dict[str, str]
NAMES = ["diamonds", "flights"]


def dataset() -> RowDataset:
    """Return a data set of five rows, which are not downloaded."""
    return RowDataset(
        name="fruit",
        licence="CC0-1.0",
        size="small",
        description="weights of fruit",
        columns=("kind", "weight"),
        splits={"train": 4, "test": 1},
        digest="1",
        read=lambda: ({}, "nowhere"),
    )


SPLITS = {"train": [("pear, ripe", "1.50"), ("fig", ""), ("fig", "2"), ("é", "3")], "test": [("fig", "4")]}


def test_file_has_a_header_and_the_values_as_they_are(tmp_path: Path) -> None:
    dataset().write(SPLITS, {"train": 4, "test": 1}, tmp_path)
    assert (tmp_path / "fruit.csv").read_text("utf-8") == (
        'kind,weight,split\n"pear, ripe",1.50,train\nfig,,train\nfig,2,train\né,3,train\nfig,4,test\n'
    )
    assert dataset().count({"train": 4, "test": 1}, tmp_path) == {"train": 4, "test": 1}


def test_limit_takes_rows_from_the_whole_split(tmp_path: Path) -> None:
    dataset().write(SPLITS, {"train": 2, "test": 1}, tmp_path)
    assert (
        tmp_path / "fruit.csv"
    ).read_text() == 'kind,weight,split\n"pear, ripe",1.50,train\nfig,2,train\nfig,4,test\n'


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda whole: whole[:-3], {"train": 4, "test": 0}),
        (lambda whole: whole.replace(b"fig,2,", b"fig,"), {"train": 3, "test": 1}),
        (lambda whole: whole.replace(b"kind,", b"name,"), {"train": 0, "test": 0}),
        (lambda whole: whole.replace("é".encode(), b"\xe9"), {"train": 0, "test": 0}),
        (lambda whole: b"", {"train": 0, "test": 0}),
    ],
)
def test_damaged_rows_are_not_counted(
    damage: Callable[[bytes], bytes], expected: dict[str, int], tmp_path: Path
) -> None:
    dataset().write(SPLITS, {"train": 4, "test": 1}, tmp_path)
    file = tmp_path / "fruit.csv"
    file.write_bytes(damage(file.read_bytes()))
    assert dataset().count({"train": 4, "test": 1}, tmp_path) == expected


def test_missing_file_has_no_rows(tmp_path: Path) -> None:
    assert dataset().count({"train": 4}, tmp_path) == {"train": 0}


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Record]]]:
    """Yield the rows of each data set by its name."""
    folder = tmp_path_factory.mktemp("rows")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        for name in NAMES:
            result = fetch(name, folder / name)
            assert (result["fetched"], result["splits"]) == (True, dict(DATASETS[name].splits))
            assert fetch(name, folder / name)["fetched"] is False
        yield {name: records(folder / name / f"{name}.csv") for name in NAMES}


def records(file: Path) -> list[Record]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_equal_diamonds_are_in_one_split(fetched: dict[str, list[Record]]) -> None:
    rows = fetched["diamonds"]
    assert len(rows) == 53_940
    splits: dict[tuple[str, ...], set[str]] = {}
    for row in rows:
        inputs = tuple(value for name, value in row.items() if name not in ("price", "split"))
        splits.setdefault(inputs, set()).add(row["split"])
    assert len(splits) == 53_940 - 345
    assert {len(found) for found in splits.values()} == {1}


def test_diamonds_have_their_published_ranges(fetched: dict[str, list[Record]]) -> None:
    rows = fetched["diamonds"]
    prices = [int(row["price"]) for row in rows]
    assert (min(prices), max(prices)) == (326, 18_823)
    assert {row["cut"] for row in rows} == {"Fair", "Good", "Very Good", "Premium", "Ideal"}
    assert {row["color"] for row in rows} == set("DEFGHIJ")
    assert len({row["clarity"] for row in rows}) == 8


def test_first_flight_has_the_values_of_its_timetable_and_weather(fetched: dict[str, list[Record]]) -> None:
    assert fetched["flights"][0] == {
        **{"month": "1", "day": "1", "weekday": "Tue", "hour": "5", "minute": "15", "sched_arr_time": "499"},
        **{"distance": "1400", "carrier": "UA", "origin": "EWR", "dest": "IAH", "tailnum": "N14228", "temp": "39.02"},
        **{"wind_speed": "12.658579999999999", "precip": "0", "visib": "10", "late": "on_time", "split": "train"},
    }


def test_flights_have_labels_and_missing_weather_is_empty(fetched: dict[str, list[Record]]) -> None:
    rows = fetched["flights"]
    assert len(rows) == 336_776 - 8255
    assert sum(row["late"] == "late" for row in rows) == 70_774
    assert {row["late"] for row in rows} == set(DATASETS["flights"].classes)
    assert sum(row["visib"] == "" for row in rows) == 1528
    assert not any("NA" in row.values() for row in rows)
