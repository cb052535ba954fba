"""Explain predictions for texts: the effect of each token."""

from pathlib import Path

import numpy as np

from headrace.bundle import Bundle
from headrace.bundle_inference import Inference
from headrace.explain.attribution.integrated_gradients import Attribution, integrate
from headrace.explain.attribution.part_and_token_removal import occlusion
from headrace.explain.attribution.text_integration_path import TextNetwork, TextPath
from headrace.explain.explainer_interface import ExplanationWords
from headrace.explain.explanation_of_one_input import ExplainedPrediction, Explanation, Rendering
from headrace.explain.options import ExplainOptions
from headrace.explain.raw_records_to_explain import RawInput, RawInputs, raw_texts, refuse_column
from headrace.explain.token_attribution_spans import token_spans
from headrace.features.text.contract_spec import TextSpec, Tokenizer
from headrace.features.text.record_encoder_in_prediction import make_preparer
from headrace.predict.records.record_file_reader import require_columns
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.text.tokenizer import TokenizedText, encode_with_spans, observe

WORDS = ExplanationWords(
    noun="text",
    legend="Dotted underline: unknown to the tokenizer. Grey: not a token of the input.",
    gradients="for each token vector. The baseline is the same text with all vectors set to zero.",
    occlusion="removes one token at a time and shows how much the score decreases. It needs only predictions, no "
    "gradients. Its values do not add up: if two words have the same meaning, each compensates for the loss of the "
    "other.",
    occlusion_paper="Li, Monroe, Jurafsky: Understanding neural networks through representation erasure. "
    "arXiv:1612.08220 (2016).",
    without_renderings="Occlusion needs at least two tokens.",
)


def read_inputs(bundle: Bundle, source: Path, options: ExplainOptions) -> RawInputs:
    """See `ExplainerInterface`."""
    if options.column is not None:
        _require_column(source, options.column)
    origin = bundle.origin
    column = options.column or origin.text_column
    return raw_texts(source, column, origin.prepare, origin.reader_options, options.reader_options)


def make_explainer(bundle: Bundle, inference: Inference, options: ExplainOptions) -> "TextExplainer":
    """See `ExplainerInterface`."""
    return TextExplainer(bundle, inference, options, TextSpec.of(bundle.contract).tokenizer)


def _require_column(source: Path, column: str) -> None:
    if source.is_dir():
        refuse_column(source, column)
    if source.is_file():
        require_columns(source, column)


class TextExplainer:
    """Explains texts with one bundle.

    Attributes:
        missing: reasons why methods that fit texts cannot explain this network, by method.
        observations: what was found in the explained inputs.
    """

    def __init__(self, bundle: Bundle, inference: Inference, options: ExplainOptions, tokenizer: Tokenizer) -> None:
        contract = bundle.contract
        self._contract, self._inference = contract, inference
        self._preparer = make_preparer(bundle.origin.prepare)
        self._tokenizer, self._folder = tokenizer, bundle.path
        self._steps, self._class = options.steps, options.class_number(contract)
        self._methods = options.methods(contract)
        self.missing: dict[str, str] = {}
        self.observations = Observations()
        self._network: TextNetwork | None = None
        if "integrated-gradients" in self._methods:
            network = TextNetwork(bundle.model(), contract)
            self._network = network if network.has_embeddings else None
            if self._network is None:
                self.missing["integrated-gradients"] = "the network has no Keras Embedding layer for its tokens"

    def explain(self, raw: RawInput) -> Explanation:
        """Return the explanation of one text, cleaned and tokenised as for training.

        Raises:
            RejectedRecordError: the data is not text, or preparation would reject it.
        """
        text = self._preparer.prepare(raw.data, raw.path)
        self.observations.update(self._preparer.take_observations())
        tokens = self._tokens(text)
        token_ids = np.array(tokens.ids, np.int32)
        prediction = ExplainedPrediction.select(
            self._contract, self._inference.predict(token_ids[None])[0], self._class
        )
        renderings: list[Rendering] = []
        integrated: Attribution | None = None
        if self._network:
            integrated = integrate(TextPath(self._network, token_ids, prediction.class_number), self._steps)
            spans = token_spans(text, tokens, integrated.attributions)
            renderings.append(Rendering("integrated-gradients", spans=spans))
        if "occlusion" in self._methods:
            decreases = occlusion(self._inference, token_ids, prediction.class_number)
            if decreases is not None:
                renderings.append(Rendering("occlusion", spans=token_spans(text, tokens, decreases)))
        return Explanation(raw.path, prediction, integrated, tuple(renderings))

    def _tokens(self, text: str) -> TokenizedText:
        (tokens,) = encode_with_spans([text], self._tokenizer, self._folder)
        observe([text], [tokens], self._tokenizer, self._folder, self.observations)
        if not tokens.ids:
            raise RejectedRecordError(Reason.EMPTY, "the tokenizer finds no token in the text")
        return tokens
