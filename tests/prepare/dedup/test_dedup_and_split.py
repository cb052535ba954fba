"""Decisions that need all records: near-duplicates, splits by class, and copies in different splits."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from headrace.errors import DataError
from headrace.prepare.job import prepare
from headrace.table import Version, read
from headrace.table.rejects_and_duplicates_reader import duplicates_path, read_dropped
from headrace.table.transaction_log import list_shards
from tests.support.raw_images import configuration, encode_image, noise_image, read_rows, write_source

SPLITS = {"train": 0.5, "val": 0.25, "test": 0.25}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table"


def by_split(version: Version) -> dict[str, dict[str, int]]:
    return {split: dict(names) for split, names in version.summary.counts.items()}


def smooth(seed: int) -> PIL.Image.Image:
    """Return an image with a few large shapes, as in photos."""
    return noise_image(4, 4, channels=1, seed=seed).resize((64, 64), PIL.Image.Resampling.BICUBIC)


def kept_by_dropped_path(version: Version) -> dict[str, str]:
    number = version.summary.duplicates_version
    return {} if number is None else read_dropped(version.table, list_shards(duplicates_path(version.table), number))


@pytest.mark.usefixtures("spark")
def test_splits_are_stratified_or_balanced_by_class(tmp_path: Path, table: Path) -> None:
    source = write_source(tmp_path / "raw", count=12)
    for number in range(28):
        (source / "dog" / f"more-{number}.png").write_bytes(
            encode_image(noise_image(8, 8, channels=1, seed=500 + number))
        )
    shutil.copy(source / "dog" / "000.png", source / "dog" / "copy.png")
    prepare(configuration(source, table, splits=SPLITS | {"method": "stratified"}, duplicates="drop"))
    version = read(table)
    assert by_split(version) == {
        "test": {"cat": 3, "dog": 10},
        "train": {"cat": 6, "dog": 20},
        "val": {"cat": 3, "dog": 10},
    }
    assert kept_by_dropped_path(version) in ({"dog/copy.png": "dog/000.png"}, {"dog/000.png": "dog/copy.png"})
    pixels = np.frombuffer(b"".join(row["image"] for row in read_rows(version) if row["split"] == "train"), np.uint8)
    assert version.contract.statistics.mean == pytest.approx((pixels.mean(dtype=np.float64),), rel=1e-12)
    counted = Counter((row["split"], version.contract.classes[row["label"]]) for row in read_rows(version))
    assert {(s, c): n for s, names in version.summary.counts.items() for c, n in names.items()} == counted

    prepare(configuration(source, table, splits=SPLITS | {"method": "balanced"}, duplicates="drop"), full=True)
    counts = by_split(read(table))
    assert counts["val"] == {"cat": 3, "dog": 3}
    assert counts["test"]["cat"] == counts["test"]["dog"]


@pytest.mark.usefixtures("spark")
def test_given_splits_share_no_copies(tmp_path: Path, table: Path) -> None:
    for number, split in enumerate(("train", "train", "test")):
        for label in ("cat", "dog"):
            (tmp_path / "raw" / split / label).mkdir(parents=True, exist_ok=True)
            for index in range(3):
                image = encode_image(noise_image(8, 8, seed=index + 10 * number + (100 if label == "dog" else 0)))
                (tmp_path / "raw" / split / label / f"{number}{index}.png").write_bytes(image)
    shutil.copy(tmp_path / "raw/test/cat/20.png", tmp_path / "raw/train/dog/leak.png")
    shutil.copy(tmp_path / "raw/train/cat/00.png", tmp_path / "raw/train/cat/again.png")
    result = prepare(configuration(tmp_path / "raw", table))
    assert (result["written"], result["duplicates"]) == (
        19,
        1,
    )  # a copy within a split is kept by default
    assert kept_by_dropped_path(read(table)) == {"train/dog/leak.png": "test/cat/20.png"}
    statistics = read(table).contract.statistics
    shutil.copy(tmp_path / "raw/train/cat/01.png", tmp_path / "raw/test/cat/new.png")
    prepare(configuration(tmp_path / "raw", table))
    assert kept_by_dropped_path(read(table))["train/cat/01.png"] == "test/cat/new.png"  # an older row goes, too
    assert read(table).contract.statistics != statistics


@pytest.mark.usefixtures("spark")
def test_near_duplicate_images_are_kept_once(tmp_path: Path, table: Path) -> None:
    for number in range(12):
        folder = tmp_path / "raw" / ("cat", "dog")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:02d}.png").write_bytes(encode_image(smooth(number)))
    brighter = smooth(3).point(lambda value: min(255, value + 3))
    (tmp_path / "raw/cat/brighter.jpg").write_bytes(encode_image(brighter, "JPEG", quality=60))
    (tmp_path / "raw/dog/smaller.png").write_bytes(
        encode_image(smooth(4).resize((48, 48), PIL.Image.Resampling.LANCZOS))
    )
    form: dict[str, Any] = {"mode": "L", "size": [32, 32], "codec": "raw"}
    result = prepare(configuration(tmp_path / "raw", table, image=form, near_duplicates={"bits": 4}))
    assert (result["written"], result["duplicates"]) == (12, 2)
    pairs = {frozenset(pair) for pair in kept_by_dropped_path(read(table)).items()}
    assert pairs == {frozenset(("cat/brighter.jpg", "dog/03.png")), frozenset(("cat/04.png", "dog/smaller.png"))}


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"rows": {"train": 1000}}, "rows.train is 24, expected 1000 or more"),
        ({"classes": ["cat"]}, "the class 'dog' is present, expected only cat"),
        ({"class_share": {"min": 0.6}}, "class_share of 'cat' is 0.5000, expected 0.6 or more"),
        ({"mean": {"max": 10}}, "mean of channel 0 is"),
        ({"rejected": 0.01}, "rejected is 0.0400, expected 0.01 or less"),
    ],
)
def test_expectations_violation_reports_value_and_commits_nothing(
    tmp_path: Path, table: Path, expected: dict[str, Any], message: str
) -> None:
    source = write_source(tmp_path / "raw")
    (source / "cat" / "broken.png").touch()
    whole = {"splits": {"train": 1.0, "val": 0.0, "test": 0.0}}
    with pytest.raises(DataError) as error:
        prepare(configuration(source, table, expectations=expected, **whole))
    assert message in str(error.value)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["raw"]


@pytest.mark.usefixtures("spark")
def test_drift_beyond_expectations_is_refused_or_gets_a_warning(
    tmp_path: Path, table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = write_source(tmp_path / "raw")
    whole = {"splits": {"train": 1.0, "val": 0.0, "test": 0.0}}
    drifts = {"mean_drift": 0.3, "class_drift": 0.2}
    prepare(configuration(source, table, expectations=drifts, **whole))
    for number in range(30):
        dark = PIL.Image.fromarray(np.full((8, 8), number, np.uint8))
        (source / "cat" / f"dark-{number}.png").write_bytes(encode_image(dark))
    with pytest.raises(DataError, match=r"mean_drift of channel 0 is 0\.\d+ .*; class_drift is 0.2778"):
        prepare(configuration(source, table, expectations=drifts, **whole))
    assert read(table).number == 0
    assert prepare(configuration(source, table, expectations=drifts | {"on_failure": "warn"}, **whole))["version"] == 1
    assert "class_drift is 0.2778, expected 0.2 or less" in caplog.text


@pytest.mark.usefixtures("spark")
def test_expectations_refuse_a_burst_of_rejects_in_a_large_table(tmp_path: Path, table: Path) -> None:
    source = write_source(tmp_path / "raw")
    expected = {
        "expectations": {"new_rejected": 0.5},
        "max_rejects": 0.1,
        "splits": {"train": 1.0, "val": 0.0, "test": 0.0},
    }
    (source / "cat" / "broken-0.png").touch()
    prepare(configuration(source, table, **expected))
    (source / "cat" / "broken-1.png").touch()
    with pytest.raises(DataError, match=r"new_rejected is 1\.0000, expected 0\.5 or less"):
        prepare(configuration(source, table, **expected))
    good = PIL.Image.fromarray(np.full((8, 8), 77, np.uint8))
    (source / "cat" / "good.png").write_bytes(encode_image(good))
    assert prepare(configuration(source, table, **expected))["version"] == 1
