"""`fetch` fills a folder once, continues what was interrupted, and leaves other folders alone."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from headrace.errors import ConfigurationError, DataError
from headrace.fetch import fetch, listing
from headrace.fetch.class_folders import Split
from headrace.fetch.datasets.fashion_mnist import CLASSES
from headrace.prepare.sources import LISTERS

pytestmark = pytest.mark.usefixtures("cached")
MARKER = ".headrace-fetch.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Not there yet."""
    return tmp_path / "data" / "fashion-mnist"


def pictures(folder: Path) -> dict[str, int]:
    """Every image below `folder` with the time it was written."""
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*.png")}


def test_two_hundred_images_come_with_every_class_in_both_splits(folder: Path) -> None:
    outcome = fetch("fashion-mnist", folder, 200)
    assert Counter(name.rpartition("/")[0] for name in pictures(folder)) == {
        **{f"train/{name}": 20 for name in CLASSES},
        **{f"test/{name}": 10 for name in CLASSES},
    }
    assert json.loads(json.dumps(outcome)) == outcome
    assert (outcome["name"], outcome["folder"], outcome["records"]) == ("fashion-mnist", str(folder), 300)
    assert (outcome["splits"], outcome["licence"], outcome["fetched"]) == ({"train": 200, "test": 100}, "MIT", True)


def test_a_file_holds_the_pixels_that_its_name_tells(folder: Path, original: dict[str, Split]) -> None:
    fetch("fashion-mnist", folder, 200)
    for split in ("train", "test"):
        for path in (folder / split).rglob("*.png"):
            index = int(path.stem)
            with Image.open(path) as image:
                assert image.mode == "L"
                assert np.array_equal(np.asarray(image), original[split].images[index])
            assert path.parent.name == CLASSES[original[split].labels[index]]
    assert (folder / "train" / "ankle-boot" / "00000.png").is_file()


def test_preparation_finds_the_splits_and_the_classes(folder: Path) -> None:
    fetch("fashion-mnist", folder, 100)
    found = LISTERS["folder"](str(folder))
    assert found.classes == tuple(sorted(CLASSES))
    assert Counter(file.split for file in found.files) == {"train": 100, "test": 100}


def test_a_second_time_does_nothing(folder: Path) -> None:
    first = fetch("fashion-mnist", folder, 200)
    written = pictures(folder)
    second = fetch("fashion-mnist", folder, 200)
    assert pictures(folder) == written
    assert second == {**first, "fetched": False, "seconds": second["seconds"]}


def test_an_image_that_went_missing_comes_back(folder: Path) -> None:
    fetch("fashion-mnist", folder, 200)
    lost = folder / "train" / "ankle-boot" / "00000.png"
    lost.unlink()
    assert fetch("fashion-mnist", folder, 200)["fetched"] is True
    assert lost.is_file()


def test_an_interrupted_fetch_is_finished_by_the_next(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = Image.Image.save

    def interrupted(image: Image.Image, path: str, **options: Any) -> None:
        if path.endswith("00042.png"):
            raise KeyboardInterrupt
        saved(image, path, **options)

    monkeypatch.setattr(Image.Image, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch("fashion-mnist", folder, 200)
    monkeypatch.setattr(Image.Image, "save", saved)
    assert len(pictures(folder)) == 42
    assert fetch("fashion-mnist", folder, 200)["fetched"] is True
    assert len(pictures(folder)) == 300


def test_an_image_cut_short_by_the_interruption_is_written_again(folder: Path) -> None:
    fetch("fashion-mnist", folder, 200)
    marker = json.loads((folder / MARKER).read_text())
    (folder / MARKER).write_text(json.dumps({**marker, "complete": False}))
    last = folder / "test" / "ankle-boot" / "00000.png"
    whole = last.read_bytes()
    last.write_bytes(whole[:100])
    assert fetch("fashion-mnist", folder, 200)["fetched"] is True
    assert last.read_bytes() == whole


@pytest.mark.parametrize("name", ["notes.txt", ".headrace-fetch.json"])
def test_a_folder_of_other_files_is_refused_and_left_alone(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    (folder / name).write_text("mine")
    with pytest.raises(ConfigurationError, match=f"holds other files, such as {name}; name an empty"):
        fetch("fashion-mnist", folder, 200)
    assert [path.name for path in folder.iterdir()] == [name]


def test_a_folder_with_another_number_of_images_is_refused(folder: Path) -> None:
    fetch("fashion-mnist", folder, 100)
    expected = r"holds fashion-mnist \(100 train, 100 test\), not fashion-mnist \(60,000 train, 10,000 test\)"
    with pytest.raises(ConfigurationError, match=expected):
        fetch("fashion-mnist", folder)
    assert len(pictures(folder)) == 200


def test_a_copy_of_another_original_is_made_again(folder: Path) -> None:
    fetch("fashion-mnist", folder, 100)
    marker = json.loads((folder / MARKER).read_text())
    (folder / MARKER).write_text(json.dumps({**marker, "digest": "another"}))
    assert fetch("fashion-mnist", folder, 100)["fetched"] is True


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="is no folder to fetch into"):
        fetch("fashion-mnist", tmp_path / "file", 100)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written to .*: Not a directory"):
        fetch("fashion-mnist", tmp_path / "file" / "below", 100)


def test_an_unknown_name_is_answered_with_the_nearest_known(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="no data set 'fashionmnist'; did you mean fashion-mnist?"):
        fetch("fashionmnist", folder)
    with pytest.raises(ConfigurationError, match="no data set 'zzz'; known are: digits, fashion-mnist"):
        fetch("zzz", folder)


def test_a_limit_below_one_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="limit is 0; expected 1"):
        fetch("fashion-mnist", folder, 0)


def test_the_listing_tells_name_licence_size_and_description() -> None:
    found = {one["name"]: one for one in json.loads(json.dumps(listing()))["datasets"]}
    assert found["fashion-mnist"]["licence"] == "MIT"
    assert found["manual-pages"]["licence"] == "GPL-3.0-or-later"
    assert len(found) == 7
    assert all(one["size"] and one["description"] for one in found.values())


def test_importing_it_is_light() -> None:
    program = "import sys, headrace.fetch; print({'numpy', 'PIL', 'tensorflow', 'keras'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
