"""Split a text into spans of characters, with their attributions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headrace.prepare.text.tokenizer import TokenizedText

UNKNOWN = 1


@dataclass(frozen=True)
class TokenSpan:
    """A span of characters of a text.

    Attributes:
        value: contribution to the score; None if the span is not a token of the input, such as spaces and the end of a
            long text.
        shade: size of the value relative to the largest of the text, 0 to 1.
        known: whether the tokenizer knows the token.
    """

    text: str
    value: float | None = None
    shade: float = 0.0
    known: bool = True


def token_spans(text: str, tokens: TokenizedText, values: NDArray[np.float64]) -> list[TokenSpan]:
    """Return spans that cover all of `text` in order; `values` has one value for each token.

    Tokens that share a character, such as the bytes of one character in UTF-8, form one span with the sum of their
    values.
    """
    largest = float(np.abs(values).max(initial=0.0)) or 1.0
    spans, end = [], 0
    for start, stop, members in _merge_overlapping(tokens.spans):
        if start > end:
            spans.append(TokenSpan(text[end:start]))
        value = float(values[members].sum())
        known = any(tokens.ids[member] != UNKNOWN for member in members)
        spans.append(TokenSpan(text[start:stop], value, round(min(1.0, abs(value) / largest), 3), known))
        end = stop
    return [*spans, TokenSpan(text[end:])] if end < len(text) else spans


def _merge_overlapping(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int, list[int]]]:
    """Return (first character, one past the last, indices of the tokens) of each merged span."""
    merged: list[tuple[int, int, list[int]]] = []
    for index, (start, stop) in enumerate(spans):
        if merged and start < merged[-1][1]:
            first, last, members = merged[-1]
            merged[-1] = (first, max(last, stop), [*members, index])
        else:
            merged.append((start, stop, [index]))
    return merged
