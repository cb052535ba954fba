"""A text cut into its tokens, each with what it adds to the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headrace.prepare.text.tokenizer import Tokens

UNKNOWN = 1


@dataclass(frozen=True)
class TokenSpan:
    """A run of characters.

    Attributes:
        value: what it adds to the score; None of what is no token: spaces, and what the network was not shown.
        shade: its size among those of the text, 0 to 1.
    """

    text: str
    value: float | None = None
    shade: float = 0.0
    known: bool = True


def token_spans(text: str, tokens: Tokens, values: NDArray[np.float64]) -> list[TokenSpan]:
    """All of `text` in order, with one value a token.

    Tokens that share a character, as parts of one in UTF-8 do, are one piece with the sum of their values.
    """
    most = float(np.abs(values).max(initial=0.0)) or 1.0
    found, end = [], 0
    for begin, stop, members in _joined(tokens.spans):
        if begin > end:
            found.append(TokenSpan(text[end:begin]))
        value = float(values[members].sum())
        known = any(tokens.numbers[member] != UNKNOWN for member in members)
        found.append(TokenSpan(text[begin:stop], value, round(min(1.0, abs(value) / most), 3), known))
        end = stop
    return [*found, TokenSpan(text[end:])] if end < len(text) else found


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int, list[int]]]:
    """First character, one past the last, and the tokens there."""
    joined: list[tuple[int, int, list[int]]] = []
    for number, (begin, stop) in enumerate(spans):
        if joined and begin < joined[-1][1]:
            first, last, members = joined[-1]
            joined[-1] = (first, max(last, stop), [*members, number])
        else:
            joined.append((begin, stop, [number]))
    return joined
