"""Records of chosen movies know nothing of their future, and the splits follow from the time."""

import csv
from pathlib import Path

import pytest

from headrace.fetch import DATASETS, fetch
from headrace.fetch.datasets import movie_choices


def rating(user: int, movie: int, time: int) -> dict[str, str]:
    return {"user_id": str(user), "item_id": str(movie), "rating": "3", "timestamp": str(time)}


PEOPLE = {
    str(user): {"user_id": str(user), "age": "30", "gender": "F", "occupation": "writer", "zip_code": "1"}
    for user in (1, 2)
}
MOVIES = {str(movie): {"item_id": str(movie), "movie_title": f"Film {movie}"} for movie in range(60)}


def test_history_is_what_the_same_person_rated_at_an_earlier_second() -> None:
    ratings = [rating(1, 9, 20), rating(1, 5, 10), rating(2, 7, 10), rating(1, 3, 20), rating(1, 8, 30)]
    rows = movie_choices.choices(ratings, PEOPLE, MOVIES)
    columns = [dict(zip(movie_choices.COLUMNS, row, strict=True)) for row in rows]
    assert [(one["user"], one["history"], one["movie"], one["time"]) for one in columns] == [
        ("u1", "", "m5", "10"),
        ("u2", "", "m7", "10"),
        ("u1", "m5", "m3", "20"),
        ("u1", "m5", "m9", "20"),
        ("u1", "m5 m3 m9", "m8", "30"),
    ]
    assert columns[0]["title"] == "Film 5"


def test_history_has_the_last_twenty_movies() -> None:
    rows = movie_choices.choices([rating(1, movie, movie) for movie in range(30)], PEOPLE, MOVIES)
    assert rows[-1][4].split() == [f"m{movie}" for movie in range(9, 29)]


def test_records_of_one_second_are_in_one_split() -> None:
    times = [*range(15), *[15] * 3, *range(16, 18)]
    rows = [("u", str(time)) for time in times]
    found = {name: [int(row[-1]) for row in part] for name, part in movie_choices.split_by_time(rows).items()}
    assert found == {"train": list(range(15)), "val": [15] * 3, "test": [16, 17]}


@pytest.mark.usefixtures("cached")
def test_fetched_file_has_all_ratings_in_the_order_of_time(tmp_path: Path) -> None:
    result = fetch("movie-choices", tmp_path / "raw")
    assert result["splits"] == dict(DATASETS["movie-choices"].splits)
    with (tmp_path / "raw/movie-choices.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 100_000
    assert len({row["movie"] for row in rows}) == 1682
    assert len({row["user"] for row in rows}) == 943
    times = {split: [int(row["time"]) for row in rows if row["split"] == split] for split in result["splits"]}
    assert all(found == sorted(found) for found in times.values())
    assert times["train"][-1] < times["val"][0] <= times["val"][-1] < times["test"][0]
    assert all(row["movie"] not in row["history"].split() for row in rows)
    assert fetch("movie-choices", tmp_path / "raw")["fetched"] is False
