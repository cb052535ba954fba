"""The page in a real browser without a network: it is complete, fits a phone and is readable."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headrace.report import write_report
from tests.support.fabricated_run import full_evaluation

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"), pytest.mark.browser]

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip

# Measures the page, and reports to the surrounding page and in its own attributes.
PROBE = """<script>
addEventListener("load", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const root = document.documentElement, images = [...document.images];
  const found = {
    images: images.length,
    broken: images.filter(image => !image.naturalWidth || !image.getBoundingClientRect().width).length,
    overflow: root.scrollWidth - root.clientWidth,
    clipped: [...document.querySelectorAll(".wide")].filter(box => box.scrollWidth > box.clientWidth).length,
    background: getComputedStyle(document.body).backgroundColor,
    pairs: [...document.querySelectorAll("body *")]
      .filter(element => [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim()))
      .filter(element => !element.matches("script, style, title"))
      .map(element => [getComputedStyle(element)[element.matches("text") ? "fill" : "color"], grounds(element)]),
  };
  root.dataset.found = JSON.stringify(found);
  parent.postMessage(root.dataset.found, "*");
});
function grounds(element) {
  const colors = [];
  for (; element; element = element.parentElement) colors.unshift(getComputedStyle(element).backgroundColor);
  return colors;
}
</script>"""

FRAME = """<!doctype html>
<script>addEventListener("message", event => document.documentElement.dataset.found = event.data)</script>
<iframe src="probe.html" width="{width}" height="800" style="border:0"></iframe>"""


@pytest.fixture
def page(make_run: Callable[..., Path]) -> Path:
    """Write a page with long class names and every optional chart and table."""
    names = ("circle", "a rather long name of a class without any use", "Ausnahmezustandsbewältigungsmaschine")
    run = make_run(classes=names, rows={"train": 30, "val": 9, "test": 60}, epochs=30)
    # An evaluation with every optional chart and table.
    (run / "bundle" / "evaluation" / "val.json").write_text(json.dumps(full_evaluation(names) | {"split": "val"}))
    return write_report(run)


def dump_document(file: Path, *options: str) -> str:
    """Return the document as the browser has it after loading."""
    profile = file.parent / f"profile-{file.stem}"
    command = [str(BROWSER), *OPTIONS, *options, f"--user-data-dir={profile}", "--dump-dom", file.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def probe_page(page: Path, *options: str, width: int | None = None) -> dict[str, Any]:
    """Return what PROBE measures in a copy of the page that allows scripts."""
    source, removed = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
    assert removed == 1
    probe = page.with_name("probe.html")
    probe.write_text(source.replace("</body>", PROBE + "</body>"))
    if width:
        probe = page.with_name("frame.html")
        probe.write_text(FRAME.format(width=width))
    found = re.search(r'data-found="([^"]*)"', dump_document(probe, *options))
    assert found
    result: dict[str, Any] = json.loads(found[1].replace("&quot;", '"'))
    return result


def test_page_has_every_section_and_no_script(page: Path) -> None:
    whole = dump_document(page)
    headings = re.findall(r"<h2[^>]*>([^<]*)</h2>", whole)
    assert headings == ["Data", "Training", "Evaluation", "Speed", "Reproduce"]
    assert "</footer>" in whole
    assert "<script" not in whole


def test_page_displays_every_image(page: Path) -> None:
    found = probe_page(page)
    assert found["images"] == 3 * 8 + 12
    assert found["broken"] == 0


@pytest.mark.parametrize("width", [320, 390, 820])
def test_page_fits_its_width(page: Path, width: int) -> None:
    assert probe_page(page, width=width)["overflow"] == 0


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_text_has_enough_contrast(page: Path, scheme: str) -> None:
    found = probe_page(page, f"--blink-settings=preferredColorScheme={['dark', 'light'].index(scheme)}")
    assert (luminance(channels(found["background"])[:3]) < 0.5) == (scheme == "dark")
    ratios = {(color, *grounds): contrast(color, grounds) for color, grounds in found["pairs"]}
    assert len(ratios) > 8
    assert min(ratios.values()) >= 4.5, min(ratios, key=lambda pair: ratios[pair])


def channels(color: str) -> list[float]:
    """Return red, green and blue, 0 to 255, and alpha, 0 to 1, of a computed color."""
    values = [float(value) for value in re.findall(r"[\d.]+", color)]
    return values if len(values) == 4 else [*values, 1.0]


def contrast(color: str, grounds: list[str]) -> float:
    """Return the WCAG 2 contrast of `color` on a stack of background colors."""
    ground = [255.0, 255.0, 255.0]
    for layer in grounds:
        *above, alpha = channels(layer)
        ground = [alpha * new + (1 - alpha) * old for new, old in zip(above, ground, strict=True)]
    low, high = sorted((luminance(channels(color)[:3]), luminance(ground)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: list[float]) -> float:
    """Return the WCAG 2 relative luminance of a color of 0 to 255."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (value / 255 for value in color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
