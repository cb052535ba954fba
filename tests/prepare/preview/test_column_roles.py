"""The columns of a raw table are taken for label, inputs and time by what they hold."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headrace.errors import ConfigurationError
from headrace.prepare.preview.column_content import describe_tabular, describe_unlike_inputs
from headrace.prepare.preview.column_roles import configuration_values, describe_roles, guess_roles
from headrace.prepare.preview.preview_text import as_text
from headrace.prepare.preview.raw_preview import preview

ROWS = 60


def write(path: Path, **columns: Any) -> str:
    """Write a CSV file, given a function from the row's number to the cell by column; return its path."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([cell(row) for cell in columns.values()] for row in range(ROWS))
    return str(path)


@pytest.fixture
def flats(tmp_path: Path) -> str:
    """Rows with a number of the row, numbers, a category, a date, a text and a price."""
    return write(
        tmp_path / "flats.csv",
        id=lambda row: 7 * row,
        area=lambda row: 40 + row % 9 + 0.5,
        rooms=lambda row: row % 4 or "",
        district=lambda row: "north" if row % 3 else "south",
        sold=lambda row: f"2026-01-{1 + row % 28:02d}",
        note=lambda row: f"flat number {row} of the street",
        price=lambda row: 100_000 + 977 * (row % 53),
    )


def test_rows_have_numbers_categories_and_the_last_column_as_label(flats: str) -> None:
    roles = guess_roles(flats)
    assert roles is not None
    assert configuration_values("tabular", roles) == {
        "label": "price",
        "task": "regression",
        "numbers": ["area", "rooms"],
        "categories": ["district"],
        "identity": "id",
    }
    assert describe_roles(roles, "tabular") == (
        "label: price (the last column); numbers: area, rooms; categories: district; left out: id (they number the "
        "rows), sold (dates), note (mostly different texts)"
    )


def test_index_of_pandas_is_shown_as_a_column_without_a_name(tmp_path: Path) -> None:
    columns = {"": lambda row: row, "area": lambda row: 40 + row % 9, "price": lambda row: 100 + row % 53}
    path = write(tmp_path / "flats.csv", **columns)
    roles = guess_roles(path)
    assert roles is not None
    assert describe_roles(roles, "tabular").endswith("left out: (no name) (they number the rows)")
    found = as_text(preview(path)).splitlines()
    assert "(no name): another number in each row; leave it out if it only numbers the rows" in found
    assert "for a model of rows, prepare.tabular.numbers can name (no name), area, price" in found


def test_named_label_is_no_input(flats: str) -> None:
    roles = guess_roles(flats, "district")
    assert roles is not None
    values = configuration_values("tabular", roles)
    assert (values["label"], values["task"]) == ("district", "classification")
    assert values["numbers"] == ["area", "rooms", "price"]
    assert "(the last column)" not in describe_roles(roles, "tabular")
    with pytest.raises(ConfigurationError, match="no column 'cost'"):
        guess_roles(flats, "cost")


@pytest.mark.parametrize(
    "cell",
    [lambda row: f"C-{row:04}", lambda row: f"{row:05}", lambda row: f"{7919 * row:x}-{row}"],
    ids=["text", "code", "mixed"],
)
def test_names_of_rows_are_no_input(tmp_path: Path, cell: Callable[[int], str]) -> None:
    path = write(
        tmp_path / "customers.csv",
        customer_id=cell,
        note=lambda row: f"note number {row} about the customer",
        plan=lambda row: "abc"[row % 3],
        months=lambda row: row % 12,
        left=lambda row: "yes" if row % 4 else "no",
    )
    roles = guess_roles(path, "left")
    assert roles is not None
    values = configuration_values("tabular", roles)
    assert (values["numbers"], values["categories"]) == (["months"], ["plan"])
    assert "left out: customer_id (another name in each row), note" in describe_roles(roles, "tabular")
    assert configuration_values("text", roles)["input"] == "note"
    found = preview(path, "left")
    assert "categories is for plan (text)" in describe_tabular(found["columns"], "left")
    (about, _) = describe_unlike_inputs(found["columns"], "left")
    assert about.startswith("customer_id: another name in each row; leave it out")


def test_texts_have_the_text_and_a_usual_name_as_label(tmp_path: Path) -> None:
    path = write(
        tmp_path / "reviews.csv",
        sentiment=lambda row: "good" if row % 2 else "bad",
        review=lambda row: f"review number {row} is long",
        stars=lambda row: row % 5,
    )
    roles = guess_roles(path)
    assert roles is not None
    assert configuration_values("text", roles) == {"label": "sentiment", "task": "classification", "input": "review"}
    assert not configuration_values("windows", roles)


def test_series_have_a_time_and_numbers(tmp_path: Path) -> None:
    columns = {
        "when": lambda row: f"2026-01-{1 + row // 24:02d}T{row % 24:02d}:00:00",
        "wind": lambda row: row % 7,
        "warmth": lambda row: row % 11 + 0.5,
    }
    roles = guess_roles(write(tmp_path / "weather.csv", **columns), "warmth")
    assert roles is not None
    expected = {"label": "warmth", "series": None, "time": "when", "values": ["warmth", "wind"]}
    assert configuration_values("windows", roles) == expected


def test_folders_have_no_columns(tmp_path: Path) -> None:
    for name in ("cat/1.png", "dog/1.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n")
    assert guess_roles(str(tmp_path)) is None
