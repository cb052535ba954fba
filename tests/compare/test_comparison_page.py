"""The page of a comparison in a real browser without a network: it is complete, fits a phone and is readable."""

import shutil
from pathlib import Path

import pytest

from headrace.compare.comparison_page import write_page
from headrace.compare.job import compare
from tests.report.test_browser import BROWSER, channels, contrast, luminance, probe_page

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
    pytest.mark.browser,
]
LONG = "a-rather-long-name-of-a-run-without-any-use-Ausnahmezustandsbewaeltigungsmaschine"


@pytest.fixture(scope="module")
def page(bundles: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of three models, one with a long name, with curves."""
    folder = tmp_path_factory.mktemp("page")
    third = shutil.copytree(bundles[1], folder / LONG / "bundle")
    comparison = compare([*bundles, Path(third)])
    epochs = [(step, 1 / step) for step in range(10, 100, 10)]
    names = [model["name"] for model in comparison["models"]]
    comparison["curves"] = {"loss": dict.fromkeys(names, epochs), "val_accuracy": {names[0]: epochs}}
    comparison["settings"] = {"train.optimizer.learning_rate": dict(zip(names, (0.1, 0.2, None), strict=True))}
    return write_page(comparison, folder / "page.html")


def test_page_displays_every_picture_and_fits_its_width(page: Path) -> None:
    found = probe_page(page)
    assert found["images"] == 12
    assert found["broken"] == 0
    assert [probe_page(page, width=width)["overflow"] for width in (320, 820)] == [0, 0]


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_text_has_enough_contrast(page: Path, scheme: str) -> None:
    found = probe_page(page, f"--blink-settings=preferredColorScheme={['dark', 'light'].index(scheme)}")
    assert (luminance(channels(found["background"])[:3]) < 0.5) == (scheme == "dark")
    assert min(contrast(color, grounds) for color, grounds in found["pairs"]) >= 4.5
