"""Rows keep the split of an earlier version when other settings prepare them again."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.config import Configuration
from headrace.prepare.increments.kept_split_lookup import KeptSplits, SplitLookup
from headrace.prepare.job import prepare
from headrace.table import Version, read
from tests.support.raw_images import SMALL, configuration, encode_image, noise_image, read_rows

pytestmark = pytest.mark.usefixtures("spark")

HALVES = {"train": 0.5, "val": 0.1, "test": 0.4}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table"


def splits_by(version: Version, column: str) -> dict[Any, str]:
    """Return the split of each row by the value of a column."""
    return {row[column]: row["split"] for row in read_rows(version)}


def image_configuration(source: Path, table: Path, **image: Any) -> Configuration:
    return configuration(source, table, image=SMALL["image"] | image, splits=HALVES)


def write_numbers(file: Path, rows: range, *, mode: str = "w") -> None:
    """Write a CSV file of the columns id, a, b, y and z; `a` differs in every row."""
    with file.open(mode, newline="") as opened:
        writer = csv.writer(opened)
        if mode == "w":
            writer.writerow(["id", "a", "b", "y", "z"])
        writer.writerows([number, number + 0.5, number % 7, "pq"[number % 2], "rs"[number % 3 % 2]] for number in rows)


def row_configuration(file: Path, table: Path, numbers: list[str], **options: Any) -> Configuration:
    columns = {"label": options.get("label", "y")} | ({"identity": "id"} if options.get("identity") else {})
    tree = {
        "data": {
            "source": {"kind": "table", "format": "csv", "path": str(file), "columns": columns},
            "table": str(table),
        },
        "prepare": {
            "input": "tabular",
            "tabular": {"numbers": numbers},
            "splits": HALVES | {"method": options.get("method", "hash")},
        },
        "model": {"file": "unused.py"},
        "train": {"run": "unused"},
    }
    return Configuration.model_validate(tree)


@pytest.mark.parametrize("image", [{"size": [4, 4]}, {"mode": "RGB"}])
def test_files_keep_their_splits_with_other_settings(
    source: Path, table: Path, image: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    prepare(image_configuration(source, table))
    prepare(image_configuration(source, table, **image))
    assert splits_by(read(table, 1), "path") == splits_by(read(table, 0), "path")
    assert f"as prepare.image.{next(iter(image))} changed; 24 rows keep the split of version 0" in caplog.text
    assert "could not be recognised" not in caplog.text


def test_splits_stay_in_later_versions_and_full_preparations(source: Path, table: Path) -> None:
    prepare(image_configuration(source, table))
    first = splits_by(read(table), "path")
    smaller = image_configuration(source, table, size=[4, 4])
    prepare(smaller)
    for number in range(3):
        (source / "cat" / f"new-{number}.png").write_bytes(encode_image(noise_image(8, 8, 1, seed=200 + number)))
    for file in source.glob("dog/*.png"):
        file.touch()
    prepare(smaller)
    later = splits_by(read(table), "path")
    assert len(later) == 27
    assert first.items() <= later.items()
    prepare(smaller, full=True)
    assert splits_by(read(table), "path") == later


def test_equal_content_of_other_settings_stays_in_one_split(source: Path, table: Path) -> None:
    """Of images that only the earlier size told apart, those of another split than the first are dropped."""
    for number in range(12):
        image = noise_image(8, 8, 1, seed=number)
        for x in range(8):
            for y in range(8):
                image.putpixel((x, y), 100)
        image.putpixel((7, 7), 101 + number)
        (source / "cat" / f"grey-{number}.png").write_bytes(encode_image(image))
    prepare(image_configuration(source, table))
    grey = {split for path, split in splits_by(read(table), "path").items() if "grey" in path}
    assert grey >= {"train", "test"}
    prepare(image_configuration(source, table, size=[1, 1]))
    rows = [row for row in read_rows(read(table)) if "grey" in row["path"]]
    assert rows
    splits = {
        content: {row["split"] for row in rows if row["content_hash"] == content}
        for content in {row["content_hash"] for row in rows}
    }
    assert all(len(found) == 1 for found in splits.values())


@pytest.mark.parametrize("identity", [True, False])
@pytest.mark.parametrize(("numbers", "label"), [(["a"], "y"), (["a", "b"], "z"), (["a", "b", "id"], "y")])
def test_rows_of_unchanged_files_keep_their_splits_with_other_columns(
    tmp_path: Path, table: Path, numbers: list[str], label: str, identity: bool, caplog: pytest.LogCaptureFixture
) -> None:
    write_numbers(tmp_path / "rows.csv", range(60))
    prepare(row_configuration(tmp_path / "rows.csv", table, ["a", "b"], identity=identity))
    prepare(row_configuration(tmp_path / "rows.csv", table, numbers, label=label, identity=identity))
    first, second = (_splits_by_first_number(read(table, number)) for number in (0, 1))
    assert len(first) == 60
    assert first == second
    assert "could not be recognised" not in caplog.text


def _splits_by_first_number(version: Version) -> dict[float, str]:
    """Return the split of each row by the number `a`."""
    return {float(np.frombuffer(row["row"], "<f4")[0]): row["split"] for row in read_rows(version)}


def test_rows_that_cannot_be_recognised_are_warned_of(
    tmp_path: Path, table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_numbers(tmp_path / "rows.csv", range(60))
    prepare(row_configuration(tmp_path / "rows.csv", table, ["a"]))
    write_numbers(tmp_path / "rows.csv", range(60, 61), mode="a")
    prepare(row_configuration(tmp_path / "rows.csv", table, ["a", "b"]))
    assert "Up to 60 rows of version 0 could not be recognised" in caplog.text
    assert "as prepare.tabular.numbers changed" in caplog.text
    assert "test rows may have become training rows" in caplog.text


@pytest.mark.parametrize("identity", [True, False])
def test_rows_that_a_new_split_column_moves_are_warned_of(
    tmp_path: Path, table: Path, identity: bool, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("id,a,b,y,part\n" + "".join(f"{n},{n}.5,1,{'pq'[n % 2]},train\n" for n in range(60)))
    settings = row_configuration(file, table, ["a", "b"], identity=identity)
    prepare(settings)
    moved = sum(split != "train" for split in _splits_by_first_number(read(table)).values())
    caplog.set_level("INFO")
    tree = settings.model_dump()
    tree["data"]["source"]["columns"]["split"] = "part"
    prepare(Configuration.model_validate(tree))
    assert {*_splits_by_first_number(read(table)).values()} == {"train"}
    assert f"The source gives {moved} rows another split than version 0 did" in caplog.text
    assert "All files are prepared again, as data.source.columns.split changed" in caplog.text


def test_corrected_rows_of_a_changed_file_keep_their_splits_if_columns_identify_them(
    tmp_path: Path, table: Path
) -> None:
    """Their content is another one, which alone might make a test row a training row."""
    file = tmp_path / "rows.csv"
    write_numbers(file, range(60))
    settings = row_configuration(file, table, ["a", "b"], identity=True)
    prepare(settings)
    first = splits_by(read(table), "path")
    file.write_text(file.read_text().replace(",p,", ",x,").replace(",q,", ",p,").replace(",x,", ",q,"))
    write_numbers(file, range(60, 75), mode="a")
    prepare(settings)
    assert read(table).number == 1
    assert first.items() <= splits_by(read(table), "path").items()
    prepare(settings, full=True)
    assert first.items() <= splits_by(read(table), "path").items()


def test_stratified_splits_stay_when_a_file_grows(tmp_path: Path, table: Path) -> None:
    write_numbers(tmp_path / "rows.csv", range(60))
    settings = row_configuration(tmp_path / "rows.csv", table, ["a", "b"], method="stratified", identity=True)
    prepare(settings)
    first = splits_by(read(table), "path")
    write_numbers(tmp_path / "rows.csv", range(60, 75), mode="a")
    prepare(settings)
    later = splits_by(read(table), "path")
    assert len(later) == 75
    assert first.items() <= later.items()


def test_kept_splits_find_rows_by_path_then_position_then_content() -> None:
    kept = KeptSplits(
        version=0,
        rows=3,
        paths=SplitLookup.from_pairs(["a", "b"], ["test", "val"]),
        positions=SplitLookup.from_pairs(["f/line 2"], ["train"]),
        contents=SplitLookup.from_pairs(["00"], ["test"]),
    )
    found = [kept.find(*row) for row in (("b", "f/line 2", "00"), ("c", "f/line 2", "00"), ("c", None, "00"))]
    assert found == ["val", "train", "test"]
    assert kept.find("c", "f/line 3", "01") is None
