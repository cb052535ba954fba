"""`headrace explain` from files to page; unsuitable options are refused before anything is written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from headrace.errors import ConfigurationError, DataError
from headrace.explain.job import explain
from headrace.explain.options import ExplainOptions
from tests.explain.raw import write_images, write_texts
from tests.support.commands import headrace
from tests.support.small_table import CLASSES
from tests.support.trained_bundles import patched

pytestmark = pytest.mark.tensorflow

BundleOf = Callable[[str], Path]


def test_explain_reports_every_gap_and_writes_reproducible_page(make_bundle: BundleOf, tmp_path: Path) -> None:
    write_images(tmp_path / "raw")
    arguments = ("explain", str(make_bundle("cnn")), "raw", "page.html", "--limit", "2", "--steps", "32")
    result = headrace(*arguments, cwd=tmp_path).json
    assert result["page"] == str(tmp_path / "page.html")
    assert (result["explained"], result["methods"]) == (2, ["integrated-gradients", "grad-cam"])
    assert result["greatest_gap"] == max(each["gap"] for each in result["inputs"])
    assert {"path", "predicted", "class", "gap", "tolerance", "complete", "steps"} <= result["inputs"][0].keys()
    page = (tmp_path / "page.html").read_bytes()
    explain(make_bundle("cnn"), Path(tmp_path / "raw"), tmp_path / "again.html", ExplainOptions(limit=2, steps=32))
    assert (tmp_path / "again.html").read_text().count("<img") == page.decode().count("<img") == 6


def test_explain_reads_column_of_training_and_lists_rejected_rows(make_bundle: BundleOf, tmp_path: Path) -> None:
    source = write_texts(tmp_path / "raw.jsonl")
    source.write_text(source.read_text() + json.dumps({"review": " \n"}))
    result = explain(make_bundle("text_cnn"), source, tmp_path / "page.html", ExplainOptions(method="occlusion"))
    assert (result["explained"], result["methods"], result["greatest_gap"]) == (3, ["occlusion"], None)
    assert result["rejected"] == [
        {"path": "raw.jsonl:4", "reason": "empty", "detail": "nothing is left after cleaning"}
    ]


def test_limit_counts_explained_inputs_only(
    make_bundle: BundleOf, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_images(tmp_path / "raw", 4)
    for name in (".hidden.png", "Thumbs.db", "0 broken.png", "1 broken.png", "2 broken.png"):
        (tmp_path / "raw" / name).write_bytes(b"no image")
    options = ExplainOptions(limit=4, method="grad-cam")
    caplog.set_level("INFO")
    result = explain(make_bundle("cnn"), tmp_path / "raw", tmp_path / "page.html", options)
    assert [one["path"] for one in result["inputs"]] == [f"{number}.png" for number in range(4)]
    assert result["skipped"] == {"hidden_or_system_file": 2, "not_an_image": 3}
    # Only integrated gradients are complete or not.
    assert (result["complete"], result["greatest_gap"]) == (None, None)
    assert "Largest gap" not in (tmp_path / "page.html").read_text()
    assert "explained 4 of at most 4: 3.png" in caplog.text
    assert "Skipped 5 inputs: 2 hidden or system files, 3 not an image" in caplog.text


def test_images_with_several_pages_are_warned_of_as_in_a_prediction(
    make_bundle: BundleOf, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pages = [PIL.Image.fromarray(pixels) for pixels in patched(2, seed=7).pixels]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    explain(make_bundle("cnn"), tmp_path / "pages.tif", tmp_path / "page.html", ExplainOptions(method="grad-cam"))
    assert "1 image has several pages or frames, of which only the first is used" in caplog.text


def test_text_of_one_token_is_explained_without_occlusion(make_bundle: BundleOf, tmp_path: Path) -> None:
    (tmp_path / "raw.txt").write_text("splendid")
    for network in ("rnn", "transformer"):
        result = explain(make_bundle(network), tmp_path / "raw.txt", tmp_path / "page.html", ExplainOptions())
        assert result["inputs"][0]["predicted"] == CLASSES[0]
        assert result["complete"] == 1


def test_incomplete_attributions_are_reported(
    make_bundle: BundleOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headrace.explain.attribution.integrated_gradients.TOLERANCE", 0.0)
    monkeypatch.setattr("headrace.explain.attribution.integrated_gradients.DOUBLINGS", 1)
    source = write_images(tmp_path / "raw", 1)
    result = explain(make_bundle("cnn"), source, tmp_path / "page.html", ExplainOptions(steps=3))
    assert (result["complete"], result["inputs"][0]["steps"]) == (0, 6)
    assert "not complete" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    ("network", "options", "output", "message"),
    [
        ("cnn", {"method": "occlusion"}, "page.html", "does not fit image inputs; expected integrated-gradients or"),
        ("rnn", {"method": "grad-cam"}, "page.html", "does not fit text inputs"),
        ("mlp", {"method": "grad-cam"}, "page.html", "cannot explain this network: the network has no convolution"),
        ("cnn", {"class_name": "hat"}, "page.html", "no class 'hat'; its classes are: coat, bag, boot"),
        ("cnn", {}, "page.txt", "is not an HTML file"),
        ("cnn", {"column": "text"}, "page.html", "--column is of files of many texts"),
    ],
)
def test_unsuitable_options_are_refused(
    make_bundle: BundleOf, tmp_path: Path, network: str, options: dict[str, Any], output: str, message: str
) -> None:
    source = write_texts(tmp_path / "raw.jsonl") if network == "rnn" else write_images(tmp_path / "raw")
    with pytest.raises(ConfigurationError, match=message):
        explain(make_bundle(network), source, tmp_path / output, ExplainOptions(**options))
    assert not (tmp_path / output).exists()


def test_existing_page_is_kept_if_all_inputs_are_rejected(make_bundle: BundleOf, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.png").write_bytes(b"no image")
    (tmp_path / "page.html").write_text("before")
    with pytest.raises(DataError, match="No input of .* can be explained"):
        explain(make_bundle("cnn"), tmp_path / "raw", tmp_path / "page.html", ExplainOptions())
    assert (tmp_path / "page.html").read_text() == "before"
