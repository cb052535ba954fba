"""`headrace init` finds the columns of tables of files and of choices, or refuses them before anything is written."""

import csv
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.cli.columns_for_init import look_at_source
from headrace.config import load
from headrace.config.configuration_model import Configuration
from headrace.errors import ConfigurationError
from headrace.prepare.job import prepare
from headrace.project_template import CONFIGURATIONS, Kind
from tests.support.commands import headrace_within
from tests.support.page_commands import run_python_block
from tests.support.sounds import write_sounds
from tests.support.workspace import ROOT

PAGE = ROOT / "docs" / "tasks-and-metrics.md"


def write_rows(path: Path, header: str, rows: Iterable[Iterable[object]]) -> Path:
    """Write a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


def write_listed(folder: Path, suffix: str, count: int = 30) -> Path:
    """Write empty files of one folder and the table beside it that lists them, and return the table."""
    rows = [(f"files/{number} a.{suffix}", "phone", "ab"[number % 2]) for number in range(count)]
    (folder / "files").mkdir(parents=True)
    for path, *_ in rows:
        (folder / path).touch()
    return write_rows(folder / "list.csv", "filename,device,category", rows)


def write_events(path: Path) -> Path:
    """Write 40 events of four users, who take turns."""
    rows = [(row % 4, f"B{row % 7}", 3 + row % 3, 1_600_000_000 + row) for row in range(40)]
    return write_rows(path, "user,item,rating,time", rows)


def start(folder: Path, kind: Kind, source: str, *words: str) -> Configuration:
    """Start a project in `folder`/mine and return its configuration."""
    headrace_within("init", "mine", "--kind", kind, "--source", source, *words, cwd=folder)
    (conf,) = (folder / "mine/conf").iterdir()
    return load(conf)


@pytest.mark.parametrize(
    ("kind", "suffix", "source", "written"),
    [
        ("audio", "wav", "raw/list.csv", "audio"),
        ("audio", "wav", "raw", "audio"),
        ("table", "wav", "raw/list.csv", "audio"),
        ("images", "jpg", "raw/list.csv", "table"),
        ("images", "jpg", "raw", "table"),
        ("table", "jpg", "raw/list.csv", "table"),
        ("text", "txt", "raw/list.csv", "text"),
        ("table", "txt", "raw/list.csv", "text"),
    ],
)
def test_files_that_a_table_lists_are_a_project_of_their_kind(
    kind: Kind, suffix: str, source: str, written: Kind, tmp_path: Path
) -> None:
    write_listed(tmp_path / "raw", suffix)
    configuration = start(tmp_path, kind, source)
    assert (tmp_path / f"mine/conf/{CONFIGURATIONS[written]}.yaml").is_file()
    found = configuration.data.source
    assert (found.kind, found.path, found.format) == ("table", "../raw/list.csv", "csv")
    columns = found.columns
    assert columns is not None
    assert (columns.input, columns.content, columns.label) == ("filename", "paths", "category")
    assert configuration.prepare.splits.method == "stratified"
    assert "folder for each class" not in (tmp_path / f"mine/conf/{CONFIGURATIONS[written]}.yaml").read_text()


def test_images_and_masks_are_two_columns_of_paths(tmp_path: Path) -> None:
    rows = [(f"m/{number}.png", f"p/{number}.jpg", ("train", "val", "test")[number % 3]) for number in range(30)]
    write_rows(tmp_path / "raw/list.csv", "mask,photo,part", rows)
    for path in ("m", "p"):
        (tmp_path / "raw" / path).mkdir()
    for row in rows:
        (tmp_path / "raw" / row[0]).touch()
        (tmp_path / "raw" / row[1]).touch()
    columns = start(tmp_path, "masks", "raw/list.csv").data.source.columns
    assert columns is not None
    assert (columns.input, columns.content, columns.label, columns.split) == ("photo", "paths", "mask", "part")


@pytest.mark.parametrize(
    ("header", "words"),
    [("mask,image", ()), ("label,image", ()), ("target,photo", ()), ("a,b", ("--label", "a"))],
)
def test_table_of_two_columns_of_paths_has_masks(header: str, words: tuple[str, ...], tmp_path: Path) -> None:
    write_rows(tmp_path / "raw/list.csv", header, [(f"{number}m.png", f"{number}.jpg") for number in range(30)])
    (tmp_path / "raw/0.jpg").touch()
    columns = start(tmp_path, "masks", "raw/list.csv", *words).data.source.columns
    assert columns is not None
    mask, image = header.split(",")
    assert (columns.input, columns.content, columns.label) == (image, "paths", mask)


@pytest.mark.parametrize(("kind", "suffix"), [("audio", "jpg"), ("masks", "jpg"), ("text", "txt"), ("retrain", "jpg")])
def test_table_that_does_not_fit_the_kind_is_refused(kind: Kind, suffix: str, tmp_path: Path) -> None:
    table = write_listed(tmp_path / "raw", suffix)
    if kind == "text":
        (table.parent / "files").rename(table.parent / "other")
    refused = headrace_within("init", "mine", "--kind", kind, "--source", "raw/list.csv", cwd=tmp_path, code=2)
    assert {
        "audio": "expected a column of labels and one of paths of audio files",
        "masks": "expected two columns of paths",
        "text": "The paths in the column 'filename' of raw/list.csv, such as 'files/0 a.txt', are no files",
        "retrain": "holds tables (csv); --kind retrain is for images",
    }[kind] in refused.last_error_line
    assert not (tmp_path / "mine").exists()


def test_files_within_a_table_are_used_where_the_paths_beside_them_lead_nowhere(tmp_path: Path) -> None:
    """What `convert` writes has both: the files, and their names in the raw data of the table."""
    rows = {
        "path": [f"train/{number}.png" for number in range(30)],
        "image": [b"\x89PNG%d" % number for number in range(30)],
        "label": ["ab"[number % 2] for number in range(30)],
    }
    pq.write_table(pa.table(rows), tmp_path / "images.parquet")
    columns = start(tmp_path, "images", "images.parquet").data.source.columns
    assert columns is not None
    assert (columns.input, columns.content, columns.label) == ("image", "bytes", "label")


def test_choices_of_people_with_a_known_number_need_no_history(tmp_path: Path) -> None:
    rows = [(row % 4, 20 + row % 9, f"B{row % 7}", 1_600_000_000 + row) for row in range(40)]
    write_rows(tmp_path / "choices.csv", "user_id,age,item,time", rows)
    configuration = start(tmp_path, "recommendation", "choices.csv")
    assert list(configuration.prepare.inputs) == ["person"]


def test_history_with_another_separator_than_a_space_is_refused(tmp_path: Path) -> None:
    rows = [(f"m{row % 7}|m{row % 5}", f"m{row % 6}") for row in range(40)]
    write_rows(tmp_path / "choices.csv", "history,movie", rows)
    words = ("init", "mine", "--kind", "recommendation", "--source", "choices.csv")
    assert "are separated by '|'" in headrace_within(*words, cwd=tmp_path, code=2).last_error_line
    write_rows(tmp_path / "choices.csv", "history,movie", [(history.replace("|", " "), item) for history, item in rows])
    headrace_within(*words, cwd=tmp_path)


def test_file_that_is_no_table_is_refused_where_folders_are_expected(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\0\1\2")
    with pytest.raises(ConfigurationError, match=r"a\.bin is not a folder; --kind audio is for sounds"):
        look_at_source(str(tmp_path / "a.bin"), "audio", None)


def test_class_folders_come_before_a_table_beside_them(tmp_path: Path) -> None:
    write_sounds(tmp_path / "raw", 2)
    paths = sorted((tmp_path / "raw").glob("*/*"))
    write_rows(tmp_path / "raw/list.csv", "path,label", [(path.relative_to(tmp_path / "raw"), "x") for path in paths])
    found = look_at_source(str(tmp_path / "raw"), "audio", None)
    assert (found.source_format, found.values) == (None, {"method": "stratified"})


def test_few_rows_of_classes_get_stratified_splits_and_an_offer_of_the_identity(tmp_path: Path) -> None:
    rows = [(1000 + row, row % 9, "ab"[row % 2], "yes" if row % 3 else "no") for row in range(60)]
    write_rows(tmp_path / "people.csv", "customer_id,visits,plan,left", rows)
    configuration = start(tmp_path, "tabular", "people.csv")
    assert configuration.prepare.splits.method == "stratified"
    text = (tmp_path / "mine/conf/tabular.yaml").read_text()
    assert "      # identity: customer_id # column that names a row" in text


def test_column_of_splits_is_named(tmp_path: Path) -> None:
    rows = [(row % 9, ("train", "val", "test")[row % 3], "yes" if row % 4 else "no") for row in range(60)]
    write_rows(tmp_path / "people.csv", "visits,part,left", rows)
    configuration = start(tmp_path, "tabular", "people.csv")
    columns = configuration.data.source.columns
    assert columns is not None
    assert (columns.split, configuration.prepare.splits.method) == ("part", "hash")


def test_events_without_histories_are_refused_with_the_recipe(tmp_path: Path) -> None:
    write_events(tmp_path / "ratings.csv")
    words = ("init", "mine", "--kind", "recommendation", "--source", "ratings.csv")
    refused = headrace_within(*words, cwd=tmp_path, code=2)
    assert "ratings.csv has one event in each row (user, item, time) and no column" in refused.last_error_line
    assert "docs/tasks-and-metrics.md, Histories from ratings" in refused.last_error_line
    assert "Histories from ratings" in PAGE.read_text()
    assert not (tmp_path / "mine").exists()


def test_recipe_makes_choices_whose_columns_are_found(tmp_path: Path) -> None:
    write_events(tmp_path / "ratings.csv")
    run_python_block(PAGE, "events", tmp_path)
    choices = pd.read_csv(tmp_path / "choices.csv", keep_default_na=False)
    # The events of user 0 are rows 0, 4, 8 and so on of the file; each row's history is those before it.
    assert choices["history"].iloc[[0, 4, 8]].tolist() == ["", "B0", "B0 B4"]
    assert choices["split"].tolist() == ["train"] * 32 + ["val"] * 4 + ["test"] * 4
    configuration = start(tmp_path, "recommendation", "choices.csv")
    columns = configuration.data.source.columns
    assert columns is not None
    assert (columns.label, columns.split) == ("item", "split")
    assert configuration.prepare.inputs is not None
    assert list(configuration.prepare.inputs) == ["history"]


def test_choices_have_numbers_and_categories_but_no_person_time_or_rating(tmp_path: Path) -> None:
    rows = [
        (
            row % 5,
            1_600_000_000 + 7 * row,
            row % 5 + 1,
            20 + row % 40,
            ("de", "fr")[row % 2],
            f"m{row % 6} m1",
            f"m{row % 7}",
        )
        for row in range(60)
    ]
    write_rows(tmp_path / "a.csv", "user_id,timestamp,stars,age,country,seen,movie_id", rows)
    configuration = start(tmp_path, "recommendation", "a.csv")
    columns, inputs = configuration.data.source.columns, configuration.prepare.inputs
    assert columns is not None
    assert inputs is not None
    assert (columns.label, columns.split) == ("movie_id", None)
    assert inputs["history"].model_dump()["column"] == "seen"
    person = inputs["person"].model_dump()
    assert (person["numbers"], person["categories"]) == (("age",), ("country",))


@pytest.mark.usefixtures("spark")
def test_sounds_that_a_table_lists_are_prepared_with_the_configuration_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sounds(tmp_path / "raw/wav", 12)
    paths = sorted((tmp_path / "raw/wav").glob("*/*"))
    rows = [(path.relative_to(tmp_path / "raw"), "mic", path.parent.name) for path in paths]
    write_rows(tmp_path / "raw/annotations.csv", "filename,device,category", rows)
    configuration = start(tmp_path, "audio", "raw/annotations.csv")
    monkeypatch.chdir(tmp_path / "mine")
    assert prepare(configuration)["written"] == 24
