"""`fetch` fills a folder once, resumes after an interruption, and does not touch other folders."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from headrace.errors import ConfigurationError, DiskError
from headrace.fetch import fetch, listing
from headrace.fetch.dataset_formats.dataset_written_as_images import Split
from headrace.fetch.datasets.fashion_mnist import CLASSES
from headrace.prepare.sources import LISTERS

pytestmark = pytest.mark.usefixtures("cached")
MARKER = ".headrace-fetch.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that does not exist yet."""
    return tmp_path / "data" / "fashion-mnist"


def image_times(folder: Path) -> dict[str, int]:
    """Return the modification time of every image below `folder` by its relative path."""
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*.png")}


def test_fetch_with_limit_writes_every_class_of_both_splits(folder: Path) -> None:
    result = fetch("fashion-mnist", folder, 200)
    assert Counter(name.rpartition("/")[0] for name in image_times(folder)) == {
        **{f"train/{name}": 20 for name in CLASSES},
        **{f"test/{name}": 10 for name in CLASSES},
    }
    assert json.loads(json.dumps(result)) == result
    assert (result["name"], result["folder"], result["records"]) == ("fashion-mnist", str(folder), 300)
    assert (result["splits"], result["licence"], result["fetched"]) == ({"train": 200, "test": 100}, "MIT", True)


def test_image_file_has_the_pixels_of_its_index(folder: Path, original: dict[str, Split]) -> None:
    fetch("fashion-mnist", folder, 200)
    for split in ("train", "test"):
        for path in (folder / split).rglob("*.png"):
            index = int(path.stem)
            with Image.open(path) as image:
                assert image.mode == "L"
                assert np.array_equal(np.asarray(image), original[split].images[index])
            assert path.parent.name == CLASSES[original[split].labels[index]]
    assert (folder / "train" / "ankle-boot" / "00000.png").is_file()


def test_lister_reads_splits_and_classes_of_fetched_folder(folder: Path) -> None:
    fetch("fashion-mnist", folder, 100)
    source = LISTERS["folder"](str(folder))
    assert source.classes == tuple(sorted(CLASSES))
    assert Counter(file.split for file in source.files) == {"train": 100, "test": 100}


def test_second_fetch_writes_nothing(folder: Path) -> None:
    first = fetch("fashion-mnist", folder, 200)
    written = image_times(folder)
    second = fetch("fashion-mnist", folder, 200)
    assert image_times(folder) == written
    assert second == {**first, "fetched": False, "seconds": second["seconds"]}


def test_fetch_restores_missing_image(folder: Path) -> None:
    fetch("fashion-mnist", folder, 200)
    lost = folder / "train" / "ankle-boot" / "00000.png"
    lost.unlink()
    assert fetch("fashion-mnist", folder, 200)["fetched"] is True
    assert lost.is_file()


def test_fetch_completes_interrupted_fetch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = Image.Image.save

    def interrupted(image: Image.Image, path: str, **options: Any) -> None:
        if path.endswith("00042.png"):
            raise KeyboardInterrupt
        saved(image, path, **options)

    monkeypatch.setattr(Image.Image, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch("fashion-mnist", folder, 200)
    monkeypatch.setattr(Image.Image, "save", saved)
    assert len(image_times(folder)) == 42
    assert fetch("fashion-mnist", folder, 200)["fetched"] is True
    assert len(image_times(folder)) == 300


def test_fetch_rewrites_truncated_image_after_interruption(folder: Path) -> None:
    fetch("fashion-mnist", folder, 200)
    marker = json.loads((folder / MARKER).read_text())
    (folder / MARKER).write_text(json.dumps({**marker, "complete": False}))
    last = folder / "test" / "ankle-boot" / "00000.png"
    whole = last.read_bytes()
    last.write_bytes(whole[:100])
    assert fetch("fashion-mnist", folder, 200)["fetched"] is True
    assert last.read_bytes() == whole


@pytest.mark.parametrize("name", ["notes.txt", ".headrace-fetch.json"])
def test_folder_with_other_files_is_refused_and_not_changed(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    (folder / name).write_text("mine")
    with pytest.raises(ConfigurationError, match=f"contains other files, such as {name}; name an empty"):
        fetch("fashion-mnist", folder, 200)
    assert [path.name for path in folder.iterdir()] == [name]


def test_folder_with_another_limit_is_refused(folder: Path) -> None:
    fetch("fashion-mnist", folder, 100)
    expected = r"contains fashion-mnist \(100 train, 100 test\), not fashion-mnist \(60,000 train, 10,000 test\)"
    with pytest.raises(ConfigurationError, match=expected):
        fetch("fashion-mnist", folder)
    assert len(image_times(folder)) == 200


def test_fetch_rewrites_folder_with_another_digest(folder: Path) -> None:
    fetch("fashion-mnist", folder, 100)
    marker = json.loads((folder / MARKER).read_text())
    (folder / MARKER).write_text(json.dumps({**marker, "digest": "another"}))
    assert fetch("fashion-mnist", folder, 100)["fetched"] is True


def test_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="is not a readable folder"):
        fetch("fashion-mnist", tmp_path / "file", 100)


def test_folder_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="cannot be written to .*: Not a directory"):
        fetch("fashion-mnist", tmp_path / "file" / "below", 100)


def test_unknown_name_is_refused_with_a_suggestion(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="no data set 'fashionmnist'; did you mean fashion-mnist?"):
        fetch("fashionmnist", folder)
    with pytest.raises(ConfigurationError, match="no data set 'zzz'; available are: digits, fashion-mnist"):
        fetch("zzz", folder)


def test_limit_below_one_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="limit is 0; expected 1"):
        fetch("fashion-mnist", folder, 0)


def test_listing_has_licence_size_and_description() -> None:
    datasets = {dataset["name"]: dataset for dataset in json.loads(json.dumps(listing()))["datasets"]}
    assert datasets["fashion-mnist"]["licence"] == "MIT"
    assert datasets["manual-pages"]["licence"] == "GPL-3.0-or-later"
    assert len(datasets) == 13
    assert all(dataset["size"] and dataset["description"] for dataset in datasets.values())


def test_import_of_fetch_loads_no_heavy_module() -> None:
    program = "import sys, headrace.fetch; print({'numpy', 'PIL', 'tensorflow', 'keras'} & set(sys.modules))"
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "set()"
