"""Token spans cover the text: every character and every value appears exactly once."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.sections.inputs.image_and_text import Text, Tokens
from headrace.explain.token_attribution_spans import token_spans
from headrace.features.text.contract_spec import Tokenizer
from headrace.prepare.text.tokenizer import WordCount, bpe_tokenizer, encode_with_spans, save_tokenizer, word_tokenizer

BPE = Text(mask=("url",), tokens=Tokens(kind="bpe", vocabulary=300, max_length=24))
WORDS = Text(tokens=Tokens(min_count=1, max_length=5))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for tokenizers."""
    return tmp_path_factory.mktemp("tokenizers")


@pytest.fixture(scope="module")
def bpe(folder: Path) -> Tokenizer:
    """Save a byte-pair tokenizer and return its contract."""
    return save_tokenizer(bpe_tokenizer(iter(["a text of words"] * 9), BPE), BPE, folder)


@given(text=st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=40), seed=st.integers(0, 9))
def test_spans_cover_the_text_and_keep_the_sum_of_values(folder: Path, bpe: Tokenizer, text: str, seed: int) -> None:
    (tokens,) = encode_with_spans([text], bpe, folder)
    values = np.random.default_rng(seed).normal(size=len(tokens.ids))
    spans = token_spans(text, tokens, values)
    assert "".join(span.text for span in spans) == text
    assert sum(span.value or 0.0 for span in spans) == pytest.approx(values.sum())
    assert all(0.0 <= span.shade <= 1.0 for span in spans)


def test_tokens_of_one_character_form_one_span(folder: Path, bpe: Tokenizer) -> None:
    (tokens,) = encode_with_spans(["a🙂"], bpe, folder)
    assert len(tokens.ids) > 2
    spans = token_spans("a🙂", tokens, np.ones(len(tokens.ids)))
    assert [span.text for span in spans] == ["a", "🙂"]
    assert spans[1].value == len(tokens.ids) - 1


def test_text_outside_tokens_has_no_value_and_unknown_words_are_marked(folder: Path) -> None:
    counts = [WordCount(word, 2) for word in ("one", "two", "three")]
    tokenizer = save_tokenizer(word_tokenizer(counts, WORDS), WORDS, folder)
    text = "one two nine three one two"
    (tokens,) = encode_with_spans([text], tokenizer, folder)
    spans = token_spans(text, tokens, np.array([1.0, -2.0, 0.5, 0.0, 0.0]))
    assert [(span.text, span.value) for span in spans][:3] == [("one", 1.0), (" ", None), ("two", -2.0)]
    assert [span.text for span in spans if not span.known] == ["nine"]
    assert (spans[-1].text, spans[-1].value) == (" two", None)
    assert [span.shade for span in spans[:3]] == [0.5, 0.0, 1.0]
