"""Windows are cut within a series, a split and a run without gaps; other rows are rejected with a reason."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from headrace.config import Configuration
from headrace.errors import ConfigurationError, DataError
from headrace.features.windows.contract_spec import WindowSpec
from headrace.prepare.job import prepare
from headrace.table import Version, read
from headrace.table.rejects_and_duplicates_reader import read_rejects
from tests.support.raw_images import read_rows

pytestmark = pytest.mark.usefixtures("spark")

BEGIN = datetime(2024, 1, 1)
Row = dict[str, Any]


def hours(city: str, split: str, numbers: Iterable[int]) -> list[Row]:
    """A row an hour; the temperature tells the city and the hour, the wind is its negative."""
    base = {"a": 0, "b": 1000}[city]
    return [
        {
            "city": city,
            "time": f"{BEGIN + timedelta(hours=number):%Y-%m-%d %H:%M}",
            "temperature": float(base + number),
            "wind": -float(base + number),
            "split": split,
        }
        for number in numbers
    ]


def configured(folder: Path, rows: list[Row], windows: dict[str, Any] | None = None, **section: Any) -> Configuration:
    (folder / "raw").mkdir(exist_ok=True)
    (folder / "raw" / "1.json").write_text("\n".join(json.dumps(row) for row in rows))
    columns = {"label": "temperature"} | ({} if "splits" in section else {"split": "split"})
    cut = {"series": "city", "time": "time", "values": ["temperature", "wind"], "length": 4, "horizon": 2}
    return Configuration.model_validate(
        {
            "data": {
                "source": {"kind": "table", "format": "json", "path": str(folder / "raw"), "columns": columns},
                "table": str(folder / "table"),
            },
            "prepare": {"input": "windows", "task": "regression", "windows": cut | (windows or {}), "shard_rows": 16}
            | section,
            "model": {"file": "unused.py"},
            "train": {"run": "unused"},
        }
    )


def list_windows(version: Version) -> list[tuple[str, str, np.ndarray, float]]:
    """(split, path, window, label) of every row."""
    shape = version.contract.columns["window"].fixed_shape
    return [
        (row["split"], row["path"], np.frombuffer(row["window"], "<f4").reshape(shape), row["label"])
        for row in read_rows(version)
    ]


def test_windows_stay_in_series_and_split_and_precede_their_target(tmp_path: Path) -> None:
    rows = [row for city in "ab" for row in hours(city, "train", range(20)) + hours(city, "test", range(20, 30))]
    answer = prepare(configured(tmp_path, rows[::-1]))
    assert (answer["rows_in"], answer["written"], answer["rejected"]) == (40, 40, 0)
    version = read(tmp_path / "table")
    assert version.summary.counts == {"train": {"all": 30}, "test": {"all": 10}}
    for split, path, window, label in list_windows(version):
        first = window[0, 0]
        assert window[:, 0].tolist() == [first + number for number in range(4)]
        assert window[:, 1].tolist() == (-window[:, 0]).tolist()
        assert label == first + 5
        city, hour = ("a", label) if label < 1000 else ("b", label - 1000)
        assert path == f"{city}/{BEGIN + timedelta(hours=int(hour)):%Y-%m-%d %H:%M}"
        assert (first % 1000 >= 20, label % 1000 >= 20) == (split == "test", split == "test")


def test_contract_describes_windows_and_statistics_of_the_training_split(tmp_path: Path) -> None:
    rows = hours("a", "train", range(20)) + hours("a", "test", range(500, 520))
    prepare(configured(tmp_path, rows, {"season": 3}))
    version = read(tmp_path / "table")
    contract = version.contract
    assert (contract.columns["window"].dtype, contract.input_shape) == ("float32", (4, 2))
    windows = WindowSpec.of(contract)
    assert (windows.horizon, windows.season, windows.label_feature) == (2, 3, 0)
    values = np.concatenate([window for split, _, window, _ in list_windows(version) if split == "train"])
    assert contract.statistics is not None
    assert contract.statistics.mean == pytest.approx(values.mean(0))
    assert contract.statistics.variance == pytest.approx(values.astype(float).var(0))


def test_no_window_reaches_over_a_gap_a_row_there_twice_or_a_value_that_is_none(tmp_path: Path) -> None:
    rows = hours("a", "train", [*range(20), *range(22, 40), 39, *range(40, 60)])
    rows += hours("b", "train", range(30))
    rows[38]["wind"] = 0.0
    rows[-10]["temperature"] = None
    rows[-20]["wind"] = "calm"
    rows += [hours("b", "train", [0])[0] | {"time": "noon"}, *hours("b", "val", range(70, 75))]
    answer = prepare(configured(tmp_path, rows, max_rejects=1))
    # Of 59 rows 54 begin a window; the hours that are missing lie in 5 of them, and the rows of one hour in 7.
    assert answer["rejects"] == {"bad_time": 1, "bad_value": 8, "gap": 12, "no_label": 1, "short_series": 1}
    assert answer["rows_in"] == 54 + 25 + 1 + 1 == answer["written"] + answer["rejected"]
    for _, _, window, label in list_windows(read(tmp_path / "table")):
        assert (np.diff(window[:, 0]) == 1).all()
        assert label == window[-1, 0] + 2
    details = {reject.detail for reject in read_rejects(tmp_path / "table", 0, 100)}
    assert "the row before time 2024-01-01 22:00 is 10800.0 s earlier, expected 3600" in details
    assert "5 rows; a window and its target take 6" in details


def test_rejects_name_the_cell_that_is_wrong_and_what_to_write(tmp_path: Path) -> None:
    rows = hours("a", "train", range(60))
    rows[10]["wind"], rows[30]["wind"], rows[45]["wind"] = "1,5", None, "\u22125"
    rows += [rows[0] | {"time": text} for text in ("31/12/2024 12:00", "2024-01-01 01:00 PM", None)]
    prepare(configured(tmp_path, rows, max_rejects=1))
    found = {(one.path, one.detail) for one in read_rejects(tmp_path / "table", 0, 100)}
    details = {detail for _, detail in found}
    wrong = (
        "its wind of time 2024-01-01 10:00 is '1,5', which is not a finite number; write numbers with a decimal point"
    )
    assert any(detail.startswith(wrong) for detail in details)
    assert "its wind of time 2024-01-02 06:00 is empty" in details
    assert any("is '\u22125', which is not a finite number; write its sign" in detail for detail in details)
    assert ("a/", "its time is empty") in found
    assert any("is not a time; write year, month and day in this order" in detail for detail in details)
    assert any("is not a time; write hours from 00 to 23" in detail for detail in details)


def test_rows_that_cannot_be_read_keep_their_line_and_reason(tmp_path: Path) -> None:
    rows = hours("a", "train", range(20))
    settings = configured(tmp_path, rows, max_rejects=1)
    with (tmp_path / "raw" / "1.json").open("a") as file:
        file.write("\n{damaged\n")
    prepare(settings)
    (reject,) = read_rejects(tmp_path / "table", 0, 100)
    assert (reject.path, reject.reason) == ("1.json/line 21", "damaged")
    assert reject.detail.startswith("line 21 is not a JSON object")


def test_value_that_outweighs_all_others_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """All others become equal as they are scaled; only labels were looked at."""
    rows = hours("a", "train", range(40))
    rows[10]["wind"] = 1e9
    prepare(configured(tmp_path, rows))
    assert "1 of 40 values of 'wind' is 1e+09, and the others are from -39 to 0, which become almost" in caplog.text
    assert "'temperature' is" not in caplog.text


def test_points_that_may_part_thousands_in_values_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Only those of the labels were looked at, and 1.200 beside 900 was learned as 1.2."""
    beside = {"hundreds": "900", "spaced": " 80 ", "fractions": "900.5", "thousands": "2000"}
    rows = hours("a", "train", range(40))
    for row in rows:
        is_odd = row["temperature"] % 2
        row |= {name: f"{int(row['temperature']) % 9 + 1}.200" if is_odd else small for name, small in beside.items()}
    prepare(configured(tmp_path, rows, {"values": ["temperature", *beside]}))
    found = {name for name in ("temperature", *beside) if f"values of '{name}' may have points betw" in caplog.text}
    assert found == {"hundreds", "spaced"}
    assert "The values of 'hundreds' may have points between thousands: 20 have three" in caplog.text


def test_windows_that_equal_one_in_another_split_are_counted_with_their_labels(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A number that hardly changes gives equal windows; most of those in training were dropped without a word."""
    rows = hours("a", "train", range(20)) + hours("b", "test", range(20))
    for row in rows:
        row["wind"] = 0.0 if row["temperature"] % 1000 < 12 else row["temperature"]
    prepare(configured(tmp_path, rows, {"values": ["wind"]}))
    left_out = read(tmp_path / "table").summary.duplicates
    assert left_out == 9
    assert f"{left_out} records are left out, as each equals one in another split, such as 'a/" in caplog.text
    assert f"; {left_out} with another label. `headrace inspect TABLE.duplicates` lists all." in caplog.text


def test_numbers_that_may_mark_missing_values_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = hours("a", "train", range(40))
    for number in (10, 20, 20):
        rows[number]["wind"] = -9999
    rows.append(rows[20])
    prepare(configured(tmp_path, rows))
    assert "2 of 40 values of 'wind' are -9999, and the others are from -39 to 0; if it marks" in caplog.text
    assert "'temperature'" not in caplog.text


def test_gap_names_the_unit_that_numbers_seem_to_have(tmp_path: Path) -> None:
    """Seconds are expected; a gap of many hours between times in seconds is none of another unit."""
    units = {"milliseconds": 1000, "microseconds": 10**6, "nanoseconds": 10**9, "days": 1 / 86400, "seconds": 1}
    begin = {"days": 45292.0, **{name: 1704067200 * scale for name, scale in units.items() if name != "days"}}
    rows = []
    for name, scale in units.items():
        step = 3600 * scale * (1000 if name == "seconds" else 1)
        rows += [
            row | {"city": name, "time": begin[name] + step * number}
            for number, row in enumerate(hours("a", "train", range(7)))
        ]
    units["hours written as one number"] = 0
    rows += [
        row | {"city": "hours written as one number", "time": 2024033001 + number}
        for number, row in enumerate(hours("a", "train", range(7)))
    ]
    rows += [row | {"time": 3600 * number} for number, row in enumerate(hours("b", "train", range(12)))]
    prepare(configured(tmp_path, rows, max_rejects=1))
    details = {one.path.split("/")[0]: one.detail for one in read_rejects(tmp_path / "table", 0, 100)}
    assert {name: f"look like {name}" in detail for name, detail in details.items()} == {
        name: name != "seconds" for name in units
    }
    assert "look like" not in details["seconds"]


def test_times_in_the_basic_format_of_iso_8601_are_read(tmp_path: Path) -> None:
    forms = ("%Y%m%dT%H%M%S", "%Y%m%dT%H%M", "%Y%m%dT%H%M%S.5Z", "%Y%m%dT%H%M%S+0200")
    rows = [
        row | {"city": form.replace("/", ""), "time": f"{BEGIN + timedelta(hours=number):{form}}"}
        for form in forms
        for number, row in enumerate(hours("a", "train", range(20)))
    ]
    answer = prepare(configured(tmp_path, rows, duplicates="keep"))
    assert (answer["written"], answer["rejected"]) == (15 * len(forms), 0)
    paths = {path for _, path, _, _ in list_windows(read(tmp_path / "table"))}
    assert {f"{row['city']}/{row['time']}" for row in rows if row["temperature"] == 5.0} <= paths


FORMS_OF_STEPS = {
    86400: {"%Y%m%d%H": "hours", "%Y%m%d%H%M": "minutes", "%Y%m%d%H%M%S": "seconds"},
    3600: {"%Y%m%d%H%M": "minutes", "%Y%m%d%H%M%S": "seconds"},
    60: {"%Y%m%d%H%M%S": "seconds"},
}


@pytest.mark.parametrize(("step", "forms"), FORMS_OF_STEPS.items())
def test_gap_says_that_times_are_written_as_one_number(tmp_path: Path, step: int, forms: dict[str, str]) -> None:
    rows = [
        row | {"city": form, "time": int(f"{BEGIN + timedelta(seconds=step * number):{form}}")}
        for form in forms
        for number, row in enumerate(hours("a", "train", range(7)))
    ]
    steady = [row | {"time": step * number} for number, row in enumerate(hours("b", "train", range(12)))]
    prepare(configured(tmp_path, rows + steady, {"every_seconds": step}, max_rejects=1))
    found: dict[str, set[str]] = {form: set() for form in forms}
    for one in read_rejects(tmp_path / "table", 0, 100):
        found[one.path.split("/")[0]].add(one.detail)
    for form, unit in forms.items():
        assert found[form]
        assert all(f"the times look like {unit} written as one number" in detail for detail in found[form])


def test_fractions_of_seconds_are_a_gap_and_numbers_have_no_suffix(tmp_path: Path) -> None:
    """Rows 0.2 s and 1.8 s apart are not one second apart, and `3d` is no number."""
    rows = [
        row | {"time": f"2024-01-01 00:00:{number:02d}.{'91'[number % 2]}"}
        for number, row in enumerate(hours("a", "train", range(20)))
    ]
    steady = [row | {"time": f"2024-01-01 00:00:{n:02d}.5"} for n, row in enumerate(hours("b", "train", range(20)))]
    steady[0]["wind"] = "3.5e0"
    answer = prepare(configured(tmp_path, rows + steady, {"every_seconds": 1}, max_rejects=1))
    assert (answer["written"], answer["rejects"]) == (15, {"gap": 15})
    assert max(float(window[0, 1]) for _, _, window, _ in list_windows(read(tmp_path / "table"))) == 3.5
    steady[10]["wind"] = "3d"
    answer = prepare(configured(tmp_path, steady, {"every_seconds": 1}, max_rejects=1))
    assert answer["rejects"] == {"bad_value": 4}


def test_values_that_are_0_in_32_bits_only_are_rejected(tmp_path: Path) -> None:
    rows = hours("a", "train", range(20))
    rows[10]["wind"] = "1e-50"
    rows[11]["wind"] = "0e-50"
    answer = prepare(configured(tmp_path, rows, max_rejects=1))
    assert answer["rejects"] == {"bad_value": 4}
    details = {reject.detail for reject in read_rejects(tmp_path / "table", 0, 100)}
    assert all("'1e-50', which is 0 as a 32-bit number; write the numbers in a sm" in detail for detail in details)


def test_rows_without_a_series_are_rejected_and_names_are_trimmed(tmp_path: Path) -> None:
    """An empty cell is a missing value, not a series of that name."""
    rows = hours("a", "train", range(30)) + hours("b", "test", range(10))
    spaced = [row | {"city": "a "} if number % 2 else row for number, row in enumerate(rows[:30])]
    nameless = [row | {"city": ""} for row in hours("b", "train", range(10, 13))]
    answer = prepare(configured(tmp_path, spaced + rows[30:] + nameless, max_rejects=0.5))
    assert answer["rejects"] == {"bad_value": 3}
    version = read(tmp_path / "table")
    assert {path.split("/")[0] for _, path, _, _ in list_windows(version)} == {"a", "b"}
    assert version.summary.counts["train"] == {"all": 25}


def test_windows_begin_at_every_step_and_times_may_be_seconds(tmp_path: Path) -> None:
    rows = [row | {"time": 600 * number} for number, row in enumerate(hours("a", "train", range(30)))]
    prepare(configured(tmp_path, rows, {"step": 7, "every_seconds": 600}))
    found = list_windows(read(tmp_path / "table"))
    assert sorted(window[0, 0] for _, _, window, _ in found) == [0, 7, 14, 21]


def test_splits_by_time_are_at_the_same_moments_in_all_series(tmp_path: Path) -> None:
    rows = hours("a", "", range(101)) + hours("b", "", range(50, 101))
    prepare(configured(tmp_path, rows, splits={"method": "time", "train": 0.6, "val": 0.2, "test": 0.2}))
    found = list_windows(read(tmp_path / "table"))
    reach = {split: [w[0, 0] % 1000 for s, _, w, _ in found if s == split] for split in ("train", "val", "test")}
    ends = {split: [label % 1000 for s, _, _, label in found if s == split] for split in reach}
    assert (max(ends["train"]), min(reach["val"]), max(ends["val"]), min(reach["test"])) == (60, 61, 80, 81)


def test_rows_that_are_added_make_the_windows_that_they_complete(tmp_path: Path) -> None:
    rows = hours("a", "train", range(20))
    settings = configured(tmp_path, rows)
    assert prepare(settings)["written"] == 15
    assert prepare(settings)["changed"] is False
    (tmp_path / "raw" / "2.json").write_text("\n".join(map(json.dumps, hours("a", "train", range(20, 25)))))
    assert prepare(settings)["written"] == 20


def test_rows_of_files_that_overlap_are_used_once_and_twin_series_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Equal rows of two files are one row; those with other values break the run, and `1` and `01` are two series."""
    settings = configured(tmp_path, hours("a", "train", range(20)), max_rejects=1)
    night, correction = hours("a", "train", range(12, 30)), hours("a", "train", [25])
    (tmp_path / "raw" / "2.json").write_text("\n".join(map(json.dumps, night)))
    assert prepare(settings)["written"] == 25
    assert "8 rows left out, as each repeats another row of its series" in caplog.text
    assert "such as 'a/2024-01-01 12:00'" in caplog.text
    twins = [row | {"city": name} for name in ("1", "01") for row in hours("b", "train", range(10))]
    rows = [correction[0] | {"wind": 7.0}, *twins]
    (tmp_path / "raw" / "3.json").write_text("\n".join(map(json.dumps, rows)))
    assert prepare(settings)["rejects"] == {"gap": 6}
    assert "1 moment has several rows with different cells in one series, such as 'a/2024-01-02 01:00'" in caplog.text
    assert "'01' and '1'. Each is a series of its own" in caplog.text
    version = read(tmp_path / "table").summary.rejects_version
    assert version is not None
    details = {reject.detail for reject in read_rejects(tmp_path / "table", version, 100)}
    assert details == {"time 2024-01-02 01:00 has several rows with different cells"}


def test_no_window_begins_or_ends_with_one_of_several_rows_of_a_moment(tmp_path: Path) -> None:
    """Which of them it was, was left to the order of Spark's rows."""
    rows = hours("a", "train", range(20))
    prepare(configured(tmp_path, [*rows, rows[10] | {"temperature": 99.0}], max_rejects=1))
    windows = [(window[:, 0].tolist(), label) for _, _, window, label in list_windows(read(tmp_path / "table"))]
    assert not any({10.0, 99.0} & {*values, label} for values, label in windows)
    # Of 15 windows of 20 rows 10 have the moment before their target, or as it.
    assert len(windows) == 9


def test_times_with_offsets_are_moments_and_days_are_those_of_the_calendar(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """When summer time ends, 02:00+02:00 and 02:00+01:00 are an hour apart; midnights are days apart all the year."""
    zone = ZoneInfo("Europe/Berlin")
    begin = datetime(2024, 10, 26, 12, tzinfo=UTC)
    rows = [
        row | {"time": (begin + timedelta(hours=number)).astimezone(zone).isoformat()}
        for number, row in enumerate(hours("a", "train", range(24)))
    ]
    assert prepare(configured(tmp_path, rows))["rows_in"] == 19
    assert read(tmp_path / "table").summary.rejects == {}
    assert "others have none" not in caplog.text
    days = [datetime(2024, 10, 20, tzinfo=zone) + timedelta(days=number) for number in range(24)]
    rows = [row | {"time": day.isoformat()} for day, row in zip(days, rows, strict=True)]
    daily = configured(tmp_path, rows, {"every_seconds": 86400})
    assert prepare(daily, full=True)["rejects"] == {}
    mixed = [row | {"time": f"2024-01-01 {n:02d}:00:00{'Z' * (n % 2)}"} for n, row in enumerate(rows)]
    assert prepare(configured(tmp_path, mixed), full=True)["rejects"] == {}
    assert "Some times have a time zone or an offset" in caplog.text


def test_series_without_a_window_is_reported_in_one_sentence(tmp_path: Path) -> None:
    rows = hours("a", "test", range(20))
    with pytest.raises(DataError, match="No window is in the training split"):
        prepare(configured(tmp_path, rows))
    with pytest.raises(
        ConfigurationError,
        match="has no column 'pressure', which prepare.windows.values names; its columns are: city, time",
    ):
        prepare(configured(tmp_path, rows, {"values": ["pressure"]}))


def splits_by_hour(version: Version) -> dict[int, str]:
    """Return the split of each predicted hour."""
    return {int(label): split for split, _, _, label in list_windows(version)}


def test_new_rows_never_move_a_moment_to_another_split(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    splits = {"method": "time", "train": 0.6, "val": 0.2, "test": 0.2}
    prepare(configured(tmp_path, hours("a", "", range(101)), splits=splits))
    first = splits_by_hour(read(tmp_path / "table"))
    # Too few for a window in each split: they are training rows, from the next window on, and late ones fit in.
    prepare(configured(tmp_path, hours("a", "", range(111)), splits=splits))
    second = splits_by_hour(read(tmp_path / "table"))
    assert {hour: second[hour] for hour in first} == first
    assert {hour: split for hour, split in second.items() if hour > 100} == dict.fromkeys(range(106, 111), "train")
    # Enough: they are cut by the same fractions, and the training rows before them continue.
    prepare(configured(tmp_path, hours("a", "", range(161)), splits=splits))
    version = read(tmp_path / "table")
    third = splits_by_hour(version)
    assert {hour: third[hour] for hour in second} == second
    assert [third[hour] for hour in (111, 140, 146, 150, 156, 160)] == ["train", "train", "val", "val", "test", "test"]
    assert [period.split for period in version.summary.periods] == ["train", "val", "test", "train", "val", "test"]
    assert version.summary.rejects == {}
    assert "Is a time wrong?" not in caplog.text
    # A time that is wrong by years assigns all time until then.
    prepare(configured(tmp_path, hours("a", "", [*range(170), 90_000]), splits=splits, max_rejects=1))
    assert "too few rows for a window: val until 2032" in caplog.text
