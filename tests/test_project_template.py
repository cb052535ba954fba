"""`headrace init`: every kind of project has a valid configuration and all networks that fit it."""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from headrace.cli.data_commands import ProjectKind
from headrace.config import load
from headrace.errors import ConfigurationError
from headrace.prepare.job import prepare
from headrace.project_template import (
    CONFIGURATIONS,
    NETWORKS,
    Kind,
    copy_template,
    next_steps,
    shipped_networks,
    source_warning,
)
from headrace.table import read
from tests.support.commands import headrace_within
from tests.support.raw_images import write_source
from tests.support.text_files import write_texts

KINDS = get_args(Kind)


@pytest.mark.parametrize("kind", KINDS)
def test_copy_template_writes_a_valid_configuration_with_the_source_and_its_networks(
    kind: Kind, tmp_path: Path
) -> None:
    copy_template(tmp_path, kind, source="s3://bucket/my #1 data", force=False)
    (conf,) = (tmp_path / "conf").iterdir()
    configuration = load(conf)
    assert configuration.data.source.path == "s3://bucket/my #1 data"
    assert (tmp_path / configuration.model.file).is_file()
    assert {path.stem for path in (tmp_path / "models").iterdir()} == set(NETWORKS[kind])
    assert f"headrace {'retrain' if kind == 'retrain' else 'prepare'} conf/{conf.name}" in conf.read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_configuration_offers_a_search_that_is_valid(kind: Kind, tmp_path: Path) -> None:
    copy_template(tmp_path, kind, force=False)
    (conf,) = (tmp_path / "conf").iterdir()
    offered = conf.read_text().replace("# tune: ", "tune: ").replace("#   kind:", "  kind:")
    conf.write_text(offered)
    tune = load(conf).tune
    assert tune is not None
    assert f"`headrace tune conf/{conf.name}` searches" in offered


def test_every_shipped_network_belongs_to_a_kind() -> None:
    assert {name for names in NETWORKS.values() for name in names} == set(shipped_networks())
    assert set(CONFIGURATIONS) == set(NETWORKS) == set(KINDS) == set(get_args(ProjectKind))


@pytest.mark.parametrize("inner", [".", "new/project"])
def test_file_is_refused_as_the_folder_of_a_project(tmp_path: Path, inner: str) -> None:
    file = tmp_path / "texts.csv"
    file.touch()
    with pytest.raises(ConfigurationError, match=r"texts\.csv is a file; expected a folder"):
        copy_template(file / inner, "text", force=False)


@pytest.mark.parametrize(
    ("folders", "images", "method"),
    [(("cat", "dog"), 40, "stratified"), (("cat", "dog"), 100, "hash"), (("train/cat", "test/cat"), 3, "hash")],
)
def test_few_images_of_a_class_get_stratified_splits_unless_folders_name_them(
    folders: tuple[str, ...], images: int, method: str, tmp_path: Path
) -> None:
    for folder in folders:
        (tmp_path / "photos" / folder).mkdir(parents=True)
        for number in range(images):
            (tmp_path / "photos" / folder / f"{number}.png").touch()
    done = headrace_within("init", "mine", "--source", "photos", cwd=tmp_path)
    assert load(tmp_path / "mine/conf/images.yaml").prepare.splits.method == method
    said = "prepare.splits.method is stratified, as the class 'cat' has 40 files" in done.stderr
    assert said == (method == "stratified")


def test_absolute_source_stays_absolute(tmp_path: Path) -> None:
    copy_template(tmp_path / "mine", "images", source=str(tmp_path / "photos"), force=False)
    assert load(tmp_path / "mine/conf/images.yaml").data.source.path == str(tmp_path / "photos")


@pytest.mark.parametrize(
    ("folder", "source", "written"),
    [
        ("new", "../photos", "../../photos"),
        (".", "../photos", "../photos"),
        (".", "linked/../photos", "{here}/linked/../photos"),
    ],
)
def test_relative_source_is_relative_to_the_project_unless_a_link_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, source: str, written: str
) -> None:
    """After a link, `..` is the parent of its target."""
    for name in ("mine", "photos", "elsewhere/folder"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "mine/linked").symlink_to(tmp_path / "elsewhere/folder")
    monkeypatch.chdir(tmp_path / "mine")
    copy_template(Path(folder), "images", source=source, force=False)
    path = load(Path(folder) / "conf/images.yaml").data.source.path
    assert path == written.format(here=tmp_path / "mine")
    assert (Path(folder) / path).resolve() == (tmp_path / "mine" / source).resolve()


@pytest.mark.parametrize("kind", ["text", "tabular", "record", "recommendation", "windows", "table"])
@pytest.mark.parametrize("table_format", ["csv", "json", "parquet", "orc", "delta"])
def test_configuration_has_the_format_of_the_source_and_options_for_csv_alone(
    kind: Kind, table_format: str, tmp_path: Path
) -> None:
    copy_template(tmp_path, kind, source="data", source_format=table_format, force=False)
    source = load(tmp_path / f"conf/{CONFIGURATIONS[kind]}.yaml").data.source
    assert source.format == table_format
    assert source.options == ({"header": "true"} if table_format == "csv" else {})
    assert ("CSV file" in (tmp_path / f"conf/{CONFIGURATIONS[kind]}.yaml").read_text()) == (table_format == "csv")


def test_folder_without_a_table_of_texts_is_read_as_class_folders(tmp_path: Path) -> None:
    (tmp_path / "reviews/good").mkdir(parents=True)
    copy_template(tmp_path, "text", source=str(tmp_path / "reviews"), force=False)
    source = load(tmp_path / "conf/texts.yaml").data.source
    assert (source.kind, source.columns) == ("folder", None)


def test_source_that_does_not_fit_the_kind_is_warned_of(tmp_path: Path) -> None:
    assert f"There is nothing at {tmp_path / 'none'} yet" in source_warning("images", str(tmp_path / "none"), None)
    (tmp_path / "a.csv").write_text("text,label\n")
    assert "a.csv holds tables (csv); --kind images is for images" in source_warning(
        "images", str(tmp_path / "a.csv"), "csv"
    )
    assert "is no table" in source_warning("windows", str(tmp_path), None)
    assert not source_warning("text", str(tmp_path), None)
    assert not source_warning("images", "s3://bucket/photos", None)


def test_next_steps_name_the_source_and_the_commands_in_the_project() -> None:
    assert next_steps(Path("mine"), "text", "a.csv").splitlines() == [
        "next:",
        "  cd mine",
        "  headrace inspect ../a.csv --raw   # what is there, for data.source.columns in conf/texts.yaml",
        "  headrace prepare conf/texts.yaml",
        "  headrace train conf/texts.yaml",
    ]
    assert "for data.source.columns and prepare.tabular in conf" in next_steps(Path(), "tabular", "a.csv")
    assert "for data.source.columns and prepare.inputs in conf/records" in next_steps(Path(), "record", "a.csv")
    assert "edit conf/daily_images.yaml" in next_steps(Path(), "retrain", None)


def test_second_kind_shares_equal_networks_and_overwrites_no_changed_one(tmp_path: Path) -> None:
    copy_template(tmp_path, "images", force=False)
    copy_template(tmp_path, "table", force=False)
    (tmp_path / "models/cnn.py").write_text("mine")
    with pytest.raises(ConfigurationError, match=r"^\S*models/cnn.py would be overwritten"):
        copy_template(tmp_path, "retrain", force=False)
    assert (tmp_path / "models/cnn.py").read_text() == "mine"
    assert not (tmp_path / "conf/daily_images.yaml").exists()


def write_series(path: Path) -> Path:
    """Write 600 hours of one sensor."""
    hours = (datetime(2026, 1, 1) + timedelta(hours=number) for number in range(600))
    rows = (f"{hour.isoformat()},roof,{hour.hour}.5,{hour.day}" for hour in hours)
    path.write_text("\n".join(["time,sensor,warmth,wind", *rows]))
    return path


def write_image_table(path: Path) -> Path:
    """Write 24 images of two classes beside a table that lists them."""
    images = sorted(write_source(path.parent / "photos").rglob("*.png"))
    rows = (f"{image.relative_to(path.parent)},{image.parent.name}" for image in images)
    path.write_text("\n".join(["file,label", *rows]))
    return path


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize(
    ("kind", "write", "rows"),
    [("text", write_texts, 120), ("windows", write_series, None), ("table", write_image_table, 24)],
)
def test_data_as_described_are_prepared_with_the_configuration_as_it_is(
    kind: Kind,
    write: Callable[[Path], Path],
    rows: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    copy_template(tmp_path, kind, source=str(write(tmp_path / "my data.csv")), force=False)
    configuration = load(f"conf/{CONFIGURATIONS[kind]}.yaml")
    caplog.set_level(logging.INFO)
    result = prepare(configuration)
    assert " 1 file listed in " in caplog.text
    assert rows in (None, result["written"])
    assert set(read(configuration.data.table).summary.counts) == {"train", "val", "test"}


def test_configuration_names_the_columns_of_the_source(tmp_path: Path) -> None:
    source = tmp_path / "flats.csv"
    rows = [f"{40 + row % 9}.5,{'north' if row % 3 else 'south'},{100_000 + 977 * row}" for row in range(60)]
    source.write_text("\n".join(["area,district,cost", *rows]))
    done = headrace_within("init", "mine", "--kind", "tabular", "--source", "flats.csv", cwd=tmp_path)
    assert "Columns taken for label: cost (the last column); numbers: area; categories: district; check" in done.stderr
    configuration = load(tmp_path / "mine/conf/tabular.yaml")
    assert configuration.data.source.columns.label == "cost"
    tabular = configuration.prepare.tabular
    assert (tabular.numbers, tabular.categories) == (("area",), ("district",))
    assert configuration.prepare.task == "regression"


SERIES: dict[str, tuple[Callable[[int], object], int, int | None]] = {
    "hours": (lambda row: f"2026-01-{1 + row // 24:02d} {row % 24:02d}:00", 3600, 24),
    "quarters": (lambda row: f"2026-01-{1 + row // 96:02d}T{row // 4 % 24:02d}:{row % 4 * 15:02d}:00Z", 900, 96),
    "days": (lambda row: (date(2026, 1, 1) + timedelta(row)).isoformat(), 86400, 7),
    "seconds": (lambda row: 1_700_000_000 + 60 * row, 60, None),
}


@pytest.mark.parametrize("kind", SERIES)
def test_configuration_of_a_series_has_the_distance_of_its_times(kind: str, tmp_path: Path) -> None:
    cell, every, season = SERIES[kind]
    rows = [f"{cell(row)},{row % 7 + 0.5}" for row in range(200)]
    (tmp_path / "series.csv").write_text("\n".join(["timestamp,load", *rows]))
    done = headrace_within("init", "mine", "--kind", "windows", "--source", "series.csv", cwd=tmp_path)
    windows = load(tmp_path / "mine/conf/windows.yaml").prepare.windows
    assert windows is not None
    assert (windows.time, windows.every_seconds, windows.season) == ("timestamp", every, season)
    assert (done.json["every_seconds"], done.json["season"]) == (every, season)
    assert f"every_seconds: {every} (" in done.stderr
    assert "from the times of timestamp (199 of 199 distances in one series)" in done.stderr


def test_init_and_raw_preview_say_that_dates_with_the_month_first_are_rejected(tmp_path: Path) -> None:
    rows = [f"{1 + row // 28:02d}/{1 + row % 28:02d}/2026,{row % 7}" for row in range(60)]
    (tmp_path / "series.csv").write_text("\n".join(["day,load", *rows]))
    sentence = (
        "As prepare.windows.time, 60 of 60 cells of day would be rejected as bad_time: its day '01/01/2026' is not a "
        "time; write year, month and day in this order, such as 2024-01-31, as the text may mean two days."
    )
    done = headrace_within("init", "mine", "--kind", "windows", "--source", "series.csv", cwd=tmp_path)
    assert sentence in done.stderr
    shown = headrace_within("inspect", "series.csv", "--raw", cwd=tmp_path)
    assert sentence in shown.stderr
    assert shown.json["warnings"] == [sentence]


def test_label_without_a_table_is_refused(tmp_path: Path) -> None:
    refused = headrace_within("init", "mine", "--label", "cost", cwd=tmp_path, code=2)
    assert "--label cost has no effect" in refused.last_error_line
    assert not (tmp_path / "mine").exists()
