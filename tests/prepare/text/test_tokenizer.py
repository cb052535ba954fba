"""Tokenisers: 0 is padding, 1 is unknown, numbers follow from the training texts alone, and the file never changes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.config.configuration import Text
from headrace.errors import DataError
from headrace.prepare.text.tokenizer import (
    Counted,
    bpe_tokenizer,
    encode,
    load_tokenizer,
    save_tokenizer,
    split_words,
    token_dtype,
    word_tokenizer,
)

TEXTS = ["the cat sat on the mat", "the dog sat on the cat", "a [URL] for the cat"] * 3


def form(**changes: Any) -> Text:
    return Text.model_validate({"tokens": {"min_count": 1} | changes.pop("tokens", {})} | changes)


def numbers(stored: bytes, dtype: str = "<u2") -> list[int]:
    return np.frombuffer(stored, dtype).tolist()


def words(table: Path, **changes: Any) -> Any:
    counts: dict[str, int] = {}
    for text in TEXTS:
        for word in split_words(text, form(**changes)):
            counts[word] = counts.get(word, 0) + 1
    return save_tokenizer(
        word_tokenizer([Counted(*pair) for pair in counts.items()], form(**changes)), form(**changes), table
    )


def test_words_are_numbered_by_how_often_they_are_seen_and_then_by_the_alphabet(tmp_path: Path) -> None:
    tokenizer = words(tmp_path)
    made = load_tokenizer(tmp_path, tokenizer)
    assert [made.id_to_token(number) for number in range(2, 7)] == ["the", "cat", "on", "sat", "URL"][:3] + [
        "sat",
        "URL",
    ]
    assert tokenizer.vocabulary_size == made.get_vocab_size()
    assert numbers(encode(["the cat zzz"], tokenizer, tmp_path)[0]) == [2, 3, 1]


def test_a_small_vocabulary_and_rare_words_are_unknown(tmp_path: Path) -> None:
    assert words(tmp_path, tokens={"vocabulary": 8}).vocabulary_size == 8
    tokenizer = words(tmp_path, tokens={"min_count": 4})
    assert numbers(encode(["the mat"], tokenizer, tmp_path)[0]) == [2, 1]


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_masks_are_one_token_each_and_no_text_can_be_padding(tmp_path: Path, kind: str) -> None:
    settings = form(mask=["url"], tokens={"kind": kind, "vocabulary": 300})
    if kind == "word":
        tokenizer = words(tmp_path, mask=["url"])
    else:
        tokenizer = save_tokenizer(bpe_tokenizer(iter(TEXTS), settings), settings, tmp_path)
    url = load_tokenizer(tmp_path, tokenizer).token_to_id("[URL]")
    stored = encode(["[URL] [PAD 0] [UNK 1] [PAD]", "[URL]"], tokenizer, tmp_path)
    assert numbers(stored[1]) == [url]
    assert numbers(stored[0])[0] == url
    assert 0 not in numbers(stored[0])


def test_bpe_knows_every_text_and_gives_it_back(tmp_path: Path) -> None:
    settings = form(tokens={"kind": "bpe", "vocabulary": 400})
    tokenizer = save_tokenizer(bpe_tokenizer(iter(TEXTS), settings), settings, tmp_path)
    text = "the cat \N{SNOWMAN} für 猫"
    (stored,) = encode([text], tokenizer, tmp_path)
    assert 1 not in numbers(stored)
    assert load_tokenizer(tmp_path, tokenizer).decode(numbers(stored)) == text
    assert len(numbers(encode(["the cat"], tokenizer, tmp_path)[0])) == 2


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_equal_texts_give_equal_tokenisers(tmp_path: Path, kind: str) -> None:
    settings = form(tokens={"kind": kind, "vocabulary": 400})
    if kind == "word":
        assert words(tmp_path / "a").sha256 == words(tmp_path / "b").sha256
    else:
        assert bpe_tokenizer(iter(TEXTS), settings) == bpe_tokenizer(iter(TEXTS), settings)


def test_long_texts_are_cut_and_nothing_is_padded(tmp_path: Path) -> None:
    tokenizer = words(tmp_path, tokens={"max_length": 3})
    assert [len(numbers(one)) for one in encode(["the", "the cat sat on the mat"], tokenizer, tmp_path)] == [1, 3]


def test_large_vocabularies_are_stored_in_four_bytes(tmp_path: Path) -> None:
    settings = form(tokens={"vocabulary": 70_000})
    counts = [Counted(f"w{number}", 5) for number in range(66_000)]
    tokenizer = save_tokenizer(word_tokenizer(counts, settings), settings, tmp_path)
    assert (tokenizer.vocabulary_size, token_dtype(tokenizer)) == (66_002, "int32")
    assert len(encode(["w1 w2"], tokenizer, tmp_path)[0]) == 8


def test_a_tokeniser_that_was_changed_or_is_gone_is_refused(tmp_path: Path) -> None:
    tokenizer = words(tmp_path)
    path = tmp_path / tokenizer.file
    assert tokenizer.file == f"_headrace/tokenizer-{tokenizer.sha256[:16]}.json"
    path.write_text(path.read_text() + " ")
    load_tokenizer.cache_clear()
    with pytest.raises(DataError, match="was changed since its table was prepared"):
        encode(["the"], tokenizer, tmp_path)
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        encode(["the"], tokenizer, tmp_path)
