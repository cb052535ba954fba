"""Texts, explained one after the other."""

import numpy as np

from headrace.bundle import Bundle
from headrace.contract import Tokenizer
from headrace.explain.explanation import ExplainedPrediction, Explanation, Rendering
from headrace.explain.integrated_gradients import Attribution, integrate
from headrace.explain.occlusion import occlusion
from headrace.explain.options import ExplainOptions
from headrace.explain.raw_inputs import RawInput
from headrace.explain.text_path import TextNetwork, TextPath
from headrace.explain.token_spans import token_spans
from headrace.inference import Inference
from headrace.prepare.rejection import Reason, RejectedRecordError
from headrace.prepare.text.clean import clean, decode_text
from headrace.prepare.text.tokenizer import Tokens, encode_with_spans


class TextExplainer:
    """For one bundle.

    Attributes:
        missing: why a method that would fit is not used, by its name.
    """

    def __init__(self, bundle: Bundle, inference: Inference, wish: ExplainOptions, tokenizer: Tokenizer) -> None:
        contract = bundle.contract
        self._contract, self._form, self._inference = contract, bundle.origin.prepare.text, inference
        self._tokenizer, self._folder = tokenizer, bundle.path
        self._steps, self._class = wish.steps, wish.class_number(contract)
        self._methods = wish.methods(contract)
        self.missing: dict[str, str] = {}
        self._network: TextNetwork | None = None
        if "integrated-gradients" in self._methods:
            network = TextNetwork(bundle.model(), contract)
            self._network = network if network.has_embeddings else None
            if self._network is None:
                self.missing["integrated-gradients"] = "no Embedding layer of Keras takes the network's tokens"

    def explain(self, raw: RawInput) -> Explanation:
        """One text, cleaned and cut into tokens as for training.

        Raises:
            RejectedRecordError: it is none, or one that preparation would reject.
        """
        text = clean(raw.data if isinstance(raw.data, str) else decode_text(raw.data, self._form), self._form)
        tokens = self._tokens(text)
        numbers = np.array(tokens.numbers, np.int32)
        answer = ExplainedPrediction.of(self._contract, self._inference.predict(numbers[None])[0], self._class)
        shown: list[Rendering] = []
        integrated: Attribution | None = None
        if self._network:
            integrated = integrate(TextPath(self._network, numbers, answer.class_number), self._steps)
            shown.append(Rendering("integrated-gradients", pieces=token_spans(text, tokens, integrated.attributions)))
        falls = occlusion(self._inference, numbers, answer.class_number) if "occlusion" in self._methods else None
        if falls is not None:
            shown.append(Rendering("occlusion", pieces=token_spans(text, tokens, falls)))
        return Explanation(raw.path, answer, integrated, tuple(shown))

    def _tokens(self, text: str) -> Tokens:
        (tokens,) = encode_with_spans([text], self._tokenizer, self._folder)
        if not tokens.numbers:
            raise RejectedRecordError(Reason.EMPTY, "the tokenizer finds no token in it")
        return tokens
