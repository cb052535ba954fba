"""Which movie a person rated next: the 100,000 ratings of MovieLens 100K, from the data files of RecBole's wheel.

Collected by GroupLens at the University of Minnesota from September 1997 to April 1998. Harper, Konstan: The MovieLens
datasets: History and context. ACM TiiS 5 (2015), article 19, doi 10.1145/2827872. The data may be used for research
with this acknowledgement; they may not be redistributed, and not be used commercially, without permission.

A record knows nothing of its future: its history is what the person rated at an earlier second. Three quarters of the
ratings share their second with another one of the same person, who sent a page of them at once; the order within a page
is not known. The splits follow from the time, so that 97 of the 166 people of the test split have no training row.
"""

import bisect
import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

from headrace.fetch import pypi_packages
from headrace.fetch.dataset_formats.dataset_written_as_csv import Row, RowDataset
from headrace.fetch.verified_download import download

RELEASE = pypi_packages.Release(
    package="recbole",
    version="1.2.1",
    kind="wheel",
    sha256="9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
)
FOLDER = "recbole/dataset_example/ml-100k"
DIGESTS = {
    "ml-100k.inter": "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
    "ml-100k.user": "4f670007d9cfbeb9807e757209af1555b9bcc186bde25e767f67cb67c6dd5972",
    "ml-100k.item": "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
}
COLUMNS = ("user", "age", "gender", "occupation", "history", "movie", "title", "time")
MAX_HISTORY = 20
# Shares of the ratings before which validation and test begin; those of one second are in one split.
VAL_FROM, TEST_FROM = 0.8, 0.9

Record = dict[str, str]


def read() -> tuple[dict[str, Sequence[Row]], str]:
    """Return the ratings in the order of time as splits `train`, `val` and `test`, and their source.

    Raises:
        DataError: the files cannot be downloaded.
    """
    contents, source = download("movie-choices", DIGESTS, {RELEASE.description: _files})
    ratings, people, movies = (_records(contents[name]) for name in DIGESTS)
    rows = choices(ratings, {one["user_id"]: one for one in people}, {one["item_id"]: one for one in movies})
    return split_by_time(rows), source


def choices(ratings: Sequence[Record], people: dict[str, Record], movies: dict[str, Record]) -> list[Row]:
    """Return a row for each rating, in the order of time."""
    past: dict[str, list[str]] = defaultdict(list)
    rows = list[Row]()
    for page in _pages(ratings):
        for rating in page:
            person, movie = people[rating["user_id"]], movies[rating["item_id"]]
            history = " ".join(past[rating["user_id"]][-MAX_HISTORY:])
            about = (f"u{rating['user_id']}", person["age"], person["gender"], person["occupation"])
            rows.append((*about, history, _movie(rating), movie["movie_title"], rating["timestamp"]))
        past[page[0]["user_id"]] += map(_movie, page)
    return rows


def split_by_time(rows: Sequence[Row]) -> dict[str, Sequence[Row]]:
    """Return the rows, which are in the order of time, as the first ones, the next tenth and the last tenth."""
    times = [int(row[-1]) for row in rows]
    val, test = (bisect.bisect_left(times, times[int(share * len(rows))]) for share in (VAL_FROM, TEST_FROM))
    return {"train": rows[:val], "val": rows[val:test], "test": rows[test:]}


def _pages(ratings: Sequence[Record]) -> Iterator[list[Record]]:
    """Yield the ratings of one person in one second, in the order of time."""
    pages: dict[tuple[int, int], list[Record]] = defaultdict(list)
    for rating in ratings:
        pages[int(rating["timestamp"]), int(rating["user_id"])].append(rating)
    for _, page in sorted(pages.items()):
        yield sorted(page, key=lambda rating: int(rating["item_id"]))


def _movie(rating: Record) -> str:
    # A letter makes it a word, in which no number or telephone number can be seen.
    return f"m{rating['item_id']}"


def _files() -> dict[str, bytes]:
    return pypi_packages.wheel_files(RELEASE, FOLDER, DIGESTS)


def _records(content: bytes) -> list[Record]:
    """Return the lines of a file of RecBole's, by the names of its columns, which are written before their types."""
    lines = csv.reader(content.decode().splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    names = [name.partition(":")[0] for name in next(lines)]
    return [dict(zip(names, line, strict=True)) for line in lines]


DATASET = RowDataset(
    name="movie-choices",
    licence="LicenseRef-MovieLens-100K",
    size="2 MB to download; one file of 100,000 rows, 15 MB",
    description="100,000 movies that 943 people chose to rate on MovieLens, in the order of time: user, age, gender, "
    "occupation, history (ids of up to 20 movies that the user rated before, the oldest first), movie (the id of the "
    "chosen one, of 1,682), title, time (seconds since 1970) and split, by time: the last tenth is test. For research, "
    "with acknowledgement; no redistribution and no commercial use without permission of GroupLens",
    columns=COLUMNS,
    splits={"train": 79_999, "val": 10_001, "test": 10_000},
    digest=hashlib.sha256(f"{DIGESTS} {COLUMNS} {MAX_HISTORY} {VAL_FROM} {TEST_FROM}".encode()).hexdigest(),
    read=read,
)
