"""Declare how predictions for an input kind are explained."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from headrace.bundle import Bundle
from headrace.bundle_inference import Inference
from headrace.explain.explanation_of_one_input import Explanation
from headrace.explain.options import ExplainOptions
from headrace.explain.raw_records_to_explain import RawInput, RawInputs
from headrace.features.input_kind_loader import input_module
from headrace.prepare.kept_record_findings import Observations


@dataclass(frozen=True, kw_only=True)
class ExplanationWords:
    """The phrases of the page about explanations of an input kind.

    Attributes:
        noun: one input.
        legend: what else its renderings show; empty for nothing.
        gradients: for what integrated gradients are summed, and the baseline.
        occlusion: what occlusion does; empty if no method is occlusion.
        occlusion_paper: a second paper to cite beside that of occlusion; empty for none.
        without_renderings: why an input may have no rendering; empty if each has one.
    """

    noun: str
    legend: str = ""
    gradients: str = ""
    occlusion: str = ""
    occlusion_paper: str = ""
    without_renderings: str = ""


class Explainer(Protocol):
    """Explains the predictions of one bundle.

    Attributes:
        missing: reasons why methods that fit the inputs cannot explain this network, by method.
        observations: what was found in the explained inputs, as in a prediction.
    """

    missing: dict[str, str]
    observations: Observations

    def explain(self, raw: RawInput) -> Explanation:
        """Return the explanation of one raw input.

        Raises:
            RejectedRecordError: preparation would reject it.
        """


class ExplainerInterface(Protocol):
    """The module `explainer` of an input kind whose traits name methods."""

    @property
    def WORDS(self) -> ExplanationWords:  # noqa: N802 - the name of a constant
        """The phrases of the page about explanations of the kind."""

    def read_inputs(self, bundle: Bundle, source: Path, options: ExplainOptions) -> RawInputs:
        """Return the raw inputs at `source`.

        Raises:
            ConfigurationError: an option does not fit the source.
            DataError: there are none.
        """

    def make_explainer(self, bundle: Bundle, inference: Inference, options: ExplainOptions) -> Explainer:
        """Return an explainer with the methods of `options`."""


def explainer_module(kind: str) -> ExplainerInterface:
    """Return the explanations of the input kind `kind`, whose traits name methods."""
    module: ExplainerInterface = input_module(kind, "explainer")
    return module
