"""The page in a real browser: images and coloured words, readable at any width, without scripts."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from headrace.explain.job import explain
from headrace.explain.options import ExplainOptions
from tests.explain.raw import write_images, write_texts
from tests.report.test_browser import BROWSER, channels, contrast, dump_document, luminance, probe_page

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
    pytest.mark.tensorflow,
    pytest.mark.browser,
]


@pytest.fixture(scope="module", params=["cnn", "rnn"])
def page(
    make_bundle: Callable[[str], Path], request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a page of three images or texts, a rejected input, and hostile names."""
    folder = tmp_path_factory.mktemp("page")
    if request.param == "cnn":
        source = write_images(folder / "<b>raw & more")
        (source / "2.png").rename(source / f"{'a-very-long-name-' * 9}<script>.png")
        (source / "broken.png").write_bytes(b"no image")
    else:
        source = write_texts(folder / "raw.jsonl")
        hostile = "<script>alert(1)</script> splendid Ausnahmezustandsbewältigungsmaschine".replace("<", "\\u003c")
        lines = [f'{{"review": "{hostile}"}}', '{"review": ""}', f'{{"review": "dreadful {"word " * 60}"}}']
        source.write_text(source.read_text() + "\n".join(lines))
    explain(make_bundle(request.param), source, folder / "page.html", ExplainOptions())
    return folder / "page.html"


@pytest.fixture
def page_copy(page: Path, tmp_path: Path) -> Path:
    """Return a copy of the page, beside which the test may write."""
    return Path(shutil.copy(page, tmp_path))


def test_page_has_every_section_and_no_script(page_copy: Path) -> None:
    whole = dump_document(page_copy)
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", whole) == ["Inputs", "Method", "Rejected"]
    assert "</footer>" in whole
    assert "<script" not in whole


def test_page_shows_every_image(page_copy: Path) -> None:
    found = probe_page(page_copy)
    assert found["images"] == (9 if "Grad-CAM" in page_copy.read_text() else 0)
    assert found["broken"] == 0


@pytest.mark.parametrize("width", [320, 820])
def test_page_fits_the_width(page_copy: Path, width: int) -> None:
    assert probe_page(page_copy, width=width)["overflow"] == 0


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_page_text_has_enough_contrast(page_copy: Path, scheme: str) -> None:
    found = probe_page(page_copy, f"--blink-settings=preferredColorScheme={['dark', 'light'].index(scheme)}")
    assert (luminance(channels(found["background"])[:3]) < 0.5) == (scheme == "dark")
    ratios = {(color, *grounds): contrast(color, grounds) for color, grounds in found["pairs"]}
    assert len(ratios) > 5
    assert min(ratios.values()) >= 4.5, min(ratios, key=lambda pair: ratios[pair])


def test_page_reports_the_gap_of_every_input(page: Path) -> None:
    whole = page.read_text()
    explained = whole.count('<article class="explained">')
    assert explained >= 3
    assert len(re.findall(r"Gap [\d.e-]+ after \d+ steps; tolerance [\d.]+", whole)) == explained
