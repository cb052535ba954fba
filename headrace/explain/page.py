"""The page of explanations: one HTML file that loads nothing and runs nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace import __version__
from headrace.bundle import Bundle
from headrace.errors import DataError
from headrace.explain.explanation import Explanation
from headrace.explain.integrated_gradients import DOUBLINGS, TOLERANCE
from headrace.explain.options import TITLES, Method
from headrace.html.templates import environment
from headrace.storage.atomic import atomic_write

TEMPLATES = Path(__file__).parent / "pages"
# Smaller images are shown with their pixels as squares.
PIXELATED_BELOW = 96


@dataclass(frozen=True)
class ExplanationPage:
    """What one page tells.

    Attributes:
        rejected: path, reason and detail of inputs that preparation would reject.
        missing: why a method is not used, by its name.
    """

    bundle: Bundle
    source: Path
    methods: tuple[Method, ...]
    explained: list[Explanation]
    rejected: list[dict[str, str]]
    missing: dict[str, str]

    @property
    def is_text(self) -> bool:
        """Or images."""
        return self.bundle.contract.tokenizer is not None

    @property
    def pixelated(self) -> bool:
        """Whether images are shown enlarged."""
        return not self.is_text and max(self.bundle.contract.named("input")[1].image_shape[:2]) < PIXELATED_BELOW

    @property
    def used(self) -> list[str]:
        """The methods that there are results of."""
        return [method for method in self.methods if method not in self.missing]

    @property
    def integrated(self) -> list[Explanation]:
        """Those with integrated gradients."""
        return [one for one in self.explained if one.integrated]

    @property
    def complete(self) -> int:
        """How many of them keep the axiom of completeness within the tolerance."""
        return sum(one.integrated is not None and one.integrated.complete for one in self.integrated)

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "bundle": str(self.bundle.path),
            "methods": self.used,
            "missing": self.missing,
            "explained": len(self.explained),
            "complete": self.complete,
            "greatest_gap": max((one.integrated.gap for one in self.integrated if one.integrated), default=None),
            "inputs": [one.described() for one in self.explained],
            "rejected": self.rejected,
        }


def write_page(output: Path, story: ExplanationPage) -> None:
    """Write the page; the same story gives the same bytes.

    Raises:
        DataError: it cannot be written.
    """
    template = environment(TEMPLATES).get_template("explanation.html.jinja")
    numbers = {"share": TOLERANCE, "doublings": DOUBLINGS}
    page = template.render(headrace_version=__version__, story=story, titles=TITLES, **numbers)
    try:
        # A path that is not UTF-8 must not cost the page.
        atomic_write(output, page.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise DataError(f"The page {output} cannot be written: {error.strerror}.") from None
