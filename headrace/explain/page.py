"""The page of explanations: one self-contained HTML file without scripts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace import __version__
from headrace.bundle import Bundle
from headrace.explain.attribution.integrated_gradients import DOUBLINGS, TOLERANCE
from headrace.explain.attribution.target_score import ScoreWords, score_module
from headrace.explain.explainer_interface import ExplanationWords, explainer_module
from headrace.explain.explanation_of_one_input import Explanation
from headrace.explain.options import TITLES, Method
from headrace.html.jinja_environment import environment
from headrace.storage.atomic_files_and_folders import atomic_write

TEMPLATES = Path(__file__).parent / "pages"
# The page shows the pixels of smaller images as squares.
PIXELATED_BELOW = 96


@dataclass(frozen=True)
class ExplanationPage:
    """The content of one page.

    Attributes:
        methods: requested methods.
        explanations: one for each explained input.
        rejected: path, reason and detail of each input that preparation would reject.
        missing: reasons why methods cannot explain this network, by method.
    """

    bundle: Bundle
    source: Path
    methods: tuple[Method, ...]
    explanations: list[Explanation]
    rejected: list[dict[str, str]]
    missing: dict[str, str]

    @property
    def words(self) -> ExplanationWords:
        """Return the phrases of the page about the kind of the inputs."""
        return explainer_module(self.bundle.contract.input_kind).WORDS

    @property
    def score(self) -> ScoreWords:
        """Return what the page says about the score of the kind of the target."""
        return score_module(self.bundle.contract.task).WORDS

    @property
    def pixelated(self) -> bool:
        """Return whether images are so small that the page shows their pixels as squares."""
        shapes = [one.input_shape for one in self.bundle.contract.inputs.values()]
        sides = [max(side or 0 for side in shape[:2]) for shape in shapes if len(shape) == 3]
        return bool(sides) and max(sides) < PIXELATED_BELOW

    @property
    def used(self) -> list[str]:
        """Return the methods that have results."""
        return [method for method in self.methods if method not in self.missing]

    @property
    def integrated(self) -> list[Explanation]:
        """Return the explanations with integrated gradients."""
        return [explanation for explanation in self.explanations if explanation.integrated]

    @property
    def complete(self) -> int:
        """Return the number of inputs whose attributions satisfy the axiom of completeness within the tolerance."""
        return sum(
            explanation.integrated is not None and explanation.integrated.complete for explanation in self.integrated
        )

    def as_json(self) -> dict[str, Any]:
        """Return the content for JSON."""
        return {
            "bundle": str(self.bundle.path),
            "methods": self.used,
            "missing": self.missing,
            "explained": len(self.explanations),
            # Occlusion alone, as of audio, has no axiom to satisfy.
            "complete": self.complete if self.integrated else None,
            "greatest_gap": max(
                (explanation.integrated.gap for explanation in self.integrated if explanation.integrated), default=None
            ),
            "inputs": [explanation.as_json() for explanation in self.explanations],
            "rejected": self.rejected,
        }


def write_page(output: Path, page: ExplanationPage) -> None:
    """Write the HTML file; the same content yields the same bytes.

    Raises:
        OSError: the file cannot be written.
    """
    template = environment(TEMPLATES).get_template("explanation.html.jinja")
    numbers = {"share": TOLERANCE, "doublings": DOUBLINGS}
    html = template.render(headrace_version=__version__, page=page, titles=TITLES, **numbers)
    # An input path may contain bytes that are not UTF-8.
    atomic_write(output, html.encode("utf-8", "backslashreplace"))
