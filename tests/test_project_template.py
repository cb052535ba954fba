"""`headrace init`: every kind of project has a valid configuration and all networks that fit it."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from headrace.cli.data_commands import ProjectKind
from headrace.config import load
from headrace.errors import ConfigurationError
from headrace.prepare.job import prepare
from headrace.project_template import CONFIGURATIONS, NETWORKS, Kind, copy_template, shipped_networks
from headrace.table import read
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


def test_every_shipped_network_belongs_to_a_kind() -> None:
    assert {name for names in NETWORKS.values() for name in names} == set(shipped_networks())
    assert set(CONFIGURATIONS) == set(NETWORKS) == set(KINDS) == set(get_args(ProjectKind))


def test_local_source_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    copy_template(Path("mine"), "images", source="photos", force=False)
    assert load("mine/conf/images.yaml").data.source.path == str(tmp_path / "photos")


@pytest.mark.parametrize(
    ("source", "written"), [("../photos", "photos"), ("linked/../photos", "mine/linked/../photos")]
)
def test_local_source_has_no_dots_unless_a_link_precedes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, written: str
) -> None:
    """After a link, `..` is the parent of its target."""
    for name in ("mine", "photos", "elsewhere/folder"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "mine/linked").symlink_to(tmp_path / "elsewhere/folder")
    monkeypatch.chdir(tmp_path / "mine")
    copy_template(Path(), "images", source=source, force=False)
    assert load("conf/images.yaml").data.source.path == str(tmp_path / written)


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
