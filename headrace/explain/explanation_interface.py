"""How predictions for an input kind are explained."""

from pathlib import Path
from typing import Protocol

from headrace.bundle import Bundle
from headrace.explain.explanation import Explanation
from headrace.explain.options import ExplainOptions
from headrace.explain.raw_input_readers import RawInput, RawInputs
from headrace.inference import Inference


class Explainer(Protocol):
    """Explains the predictions of one bundle.

    Attributes:
        missing: reasons why methods that fit the inputs cannot explain this network, by method.
    """

    missing: dict[str, str]

    def explain(self, raw: RawInput) -> Explanation:
        """Return the explanation of one raw input.

        Raises:
            RejectedRecordError: preparation would reject it.
        """


class FeatureExplanationInterface(Protocol):
    """The module `explanation` of an input kind whose facts name methods."""

    def read_inputs(self, bundle: Bundle, source: Path, options: ExplainOptions) -> RawInputs:
        """Return the raw inputs at `source`.

        Raises:
            ConfigurationError: an option does not fit the source.
            DataError: there are none.
        """

    def make_explainer(self, bundle: Bundle, inference: Inference, options: ExplainOptions) -> Explainer:
        """Return an explainer with the methods of `options`."""
