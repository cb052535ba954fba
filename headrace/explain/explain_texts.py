"""Texts, explained one after the other."""

import numpy as np

from headrace.bundle import Bundle
from headrace.explain.explained import Answer, Explained, Shown
from headrace.explain.integrated_gradients import Integrated, integrate
from headrace.explain.occlusion import occlusion
from headrace.explain.raw_inputs import RawInput
from headrace.explain.text_way import TextNetwork, TextWay
from headrace.explain.wish import Wish
from headrace.explain.words import pieces
from headrace.inference import Inference
from headrace.prepare.reject import Reason, RejectedRecordError
from headrace.prepare.text.clean import clean, decode_text
from headrace.prepare.text.tokenizer import Tokens, tokens_of
from headrace.schema import Tokenizer


class TextExplainer:
    """For one bundle.

    Attributes:
        missing: why a method that would fit is not used, by its name.
    """

    def __init__(self, bundle: Bundle, inference: Inference, wish: Wish, tokenizer: Tokenizer) -> None:
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

    def explain(self, raw: RawInput) -> Explained:
        """One text, cleaned and cut into tokens as for training.

        Raises:
            RejectedRecordError: it is none, or one that preparation would reject.
        """
        text = clean(raw.data if isinstance(raw.data, str) else decode_text(raw.data, self._form), self._form)
        tokens = self._tokens(text)
        numbers = np.array(tokens.numbers, np.int32)
        answer = Answer.of(self._contract, self._inference.answers(numbers[None])[0], self._class)
        shown: list[Shown] = []
        integrated: Integrated | None = None
        if self._network:
            integrated = integrate(TextWay(self._network, numbers, answer.class_number), self._steps)
            shown.append(Shown("integrated-gradients", pieces=pieces(text, tokens, integrated.attributions)))
        falls = occlusion(self._inference, numbers, answer.class_number) if "occlusion" in self._methods else None
        if falls is not None:
            shown.append(Shown("occlusion", pieces=pieces(text, tokens, falls)))
        return Explained(raw.path, answer, integrated, tuple(shown))

    def _tokens(self, text: str) -> Tokens:
        (tokens,) = tokens_of([text], self._tokenizer, self._folder)
        if not tokens.numbers:
            raise RejectedRecordError(Reason.EMPTY, "the tokenizer finds no token in it")
        return tokens
