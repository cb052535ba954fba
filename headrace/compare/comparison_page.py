"""The HTML page of a comparison: one self-contained file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headrace import __version__
from headrace.compare.comparison_metrics import LOWER_IS_BETTER
from headrace.compare.comparison_text import conclusion, headlines, setting_text, shortage, signed, value_text
from headrace.compare.paired_differences import MIN_DECIDING_ROWS
from headrace.html.jinja_environment import environment
from headrace.html.metric_of_several_runs_chart import OverlayChart, overlay
from headrace.html.small_image_check import is_pixelated
from headrace.storage.atomic_files_and_folders import atomic_write

TEMPLATES = Path(__file__).parent / "pages"
# Half of the width of the drawing of an interval.
HALF_WIDTH = 84.0
MIDDLE = 90.0


def write_page(comparison: Mapping[str, Any], output: Path) -> Path:
    """Write the page of the result of `compare` and return its absolute path; the same result yields the same bytes.

    Raises:
        OSError: `output` cannot be written.
    """
    jinja = environment(TEMPLATES, signed=signed, value_text=value_text, setting_text=setting_text, shortage=shortage)
    names = [model["name"] for model in comparison["models"]]
    page = jinja.get_template("comparison.html.jinja").render(
        headrace_version=__version__,
        comparison=comparison,
        names=names,
        others=names[1:],
        conclusions={name: conclusion(comparison, name) for name in names[1:]},
        warnings=list(headlines(comparison))[len(names) :],
        lower_is_better=LOWER_IS_BETTER,
        min_deciding_rows=MIN_DECIDING_ROWS,
        charts=_charts(comparison, names),
        classes=_ranked_classes(comparison),
        is_pixelated=is_pixelated,
    )
    # A path that is not valid UTF-8 must not prevent the page.
    atomic_write(output, page.encode("utf-8", "backslashreplace"))
    return output.absolute()


def _charts(comparison: Mapping[str, Any], names: list[str]) -> list[OverlayChart]:
    """Return a chart for each metric, those of validation first."""
    curves = sorted(comparison["curves"].items(), key=lambda pair: not pair[0].startswith("val_"))
    return [overlay(name, lines, names) for name, lines in curves]


def _ranked_classes(comparison: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], dict[str, dict[str, float]]]]:
    """Return name, scores and drawn intervals of each class, the largest difference first; none in regression."""
    classes = comparison.get("classes", {})
    bounds = [abs(end) for found in classes.values() for d in found["differences"].values() for end in d["interval"]]
    scale = HALF_WIDTH / (max(bounds, default=0.0) or 1.0)
    drawn = [
        (name, found, {other: _interval(d, scale) for other, d in found["differences"].items()})
        for name, found in classes.items()
    ]
    return sorted(drawn, key=lambda row: -max(abs(d["difference"]) for d in row[1]["differences"].values()))


def _interval(difference: Mapping[str, Any], scale: float) -> dict[str, float]:
    """Return the horizontal positions of a difference and of its interval; no difference is in the middle."""
    low, high = difference["interval"]
    bounds = {"low": low, "high": high, "value": difference["difference"]}
    return {name: round(MIDDLE + value * scale, 1) for name, value in bounds.items()}
