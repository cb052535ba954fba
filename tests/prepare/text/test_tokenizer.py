"""Token id 0 is padding and 1 unknown, ids follow from the training texts alone, and the file never changes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.config.configuration_model import Text
from headrace.errors import DataError
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.text.tokenizer import (
    WordCount,
    bpe_tokenizer,
    encode,
    load_tokenizer,
    save_tokenizer,
    split_words,
    token_dtype,
    word_tokenizer,
)

TEXTS = ["the cat sat on the mat", "the dog sat on the cat", "a [URL] for the cat"] * 3


def spec(**changes: Any) -> Text:
    return Text.model_validate({"tokens": {"min_count": 1} | changes.pop("tokens", {})} | changes)


def read_ids(stored: bytes, dtype: str = "<u2") -> list[int]:
    return np.frombuffer(stored, dtype).tolist()


def build_word_tokenizer(table: Path, **changes: Any) -> Any:
    counts: dict[str, int] = {}
    for text in TEXTS:
        for word in split_words(text, spec(**changes)):
            counts[word] = counts.get(word, 0) + 1
    return save_tokenizer(
        word_tokenizer([WordCount(*pair) for pair in counts.items()], spec(**changes)), spec(**changes), table
    )


def test_word_tokenizer_orders_by_count_then_alphabet(tmp_path: Path) -> None:
    tokenizer = build_word_tokenizer(tmp_path)
    made = load_tokenizer(tmp_path, tokenizer)
    assert [made.id_to_token(number) for number in range(2, 7)] == ["the", "cat", "on", "sat", "URL"][:3] + [
        "sat",
        "URL",
    ]
    assert tokenizer.vocabulary_size == made.get_vocab_size()
    assert read_ids(encode(["the cat zzz"], tokenizer, tmp_path)[0]) == [2, 3, 1]


def test_word_tokenizer_maps_rare_words_to_unknown(tmp_path: Path) -> None:
    assert build_word_tokenizer(tmp_path, tokens={"vocabulary": 8}).vocabulary_size == 8
    tokenizer = build_word_tokenizer(tmp_path, tokens={"min_count": 4})
    assert read_ids(encode(["the mat"], tokenizer, tmp_path)[0]) == [2, 1]


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_tokenizer_keeps_masks_whole_and_never_encodes_padding(tmp_path: Path, kind: str) -> None:
    settings = spec(mask=["url"], tokens={"kind": kind, "vocabulary": 300})
    if kind == "word":
        tokenizer = build_word_tokenizer(tmp_path, mask=["url"])
    else:
        tokenizer = save_tokenizer(bpe_tokenizer(iter(TEXTS), settings), settings, tmp_path)
    url = load_tokenizer(tmp_path, tokenizer).token_to_id("[URL]")
    stored = encode(["[URL] [PAD 0] [UNK 1] [PAD]", "[URL]"], tokenizer, tmp_path)
    assert read_ids(stored[1]) == [url]
    assert read_ids(stored[0])[0] == url
    assert 0 not in read_ids(stored[0])


def test_bpe_tokenizer_restores_every_text(tmp_path: Path) -> None:
    settings = spec(tokens={"kind": "bpe", "vocabulary": 400})
    tokenizer = save_tokenizer(bpe_tokenizer(iter(TEXTS), settings), settings, tmp_path)
    text = "the cat \N{SNOWMAN} für 猫"
    (stored,) = encode([text], tokenizer, tmp_path)
    assert 1 not in read_ids(stored)
    assert load_tokenizer(tmp_path, tokenizer).decode(read_ids(stored)) == text
    assert len(read_ids(encode(["the cat"], tokenizer, tmp_path)[0])) == 2


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_tokenizer_is_reproducible(tmp_path: Path, kind: str) -> None:
    settings = spec(tokens={"kind": kind, "vocabulary": 400})
    if kind == "word":
        assert build_word_tokenizer(tmp_path / "a").sha256 == build_word_tokenizer(tmp_path / "b").sha256
    else:
        assert bpe_tokenizer(iter(TEXTS), settings) == bpe_tokenizer(iter(TEXTS), settings)


def test_encode_truncates_and_does_not_pad(tmp_path: Path) -> None:
    tokenizer = build_word_tokenizer(tmp_path, tokens={"max_length": 3})
    assert [len(read_ids(one)) for one in encode(["the", "the cat sat on the mat"], tokenizer, tmp_path)] == [1, 3]


def test_token_dtype_of_large_vocabulary_is_int32(tmp_path: Path) -> None:
    settings = spec(tokens={"vocabulary": 70_000})
    counts = [WordCount(f"w{number}", 5) for number in range(66_000)]
    tokenizer = save_tokenizer(word_tokenizer(counts, settings), settings, tmp_path)
    assert (tokenizer.vocabulary_size, token_dtype(tokenizer)) == (66_002, "int32")
    assert len(encode(["w1 w2"], tokenizer, tmp_path)[0]) == 8


def test_load_tokenizer_refuses_missing_or_changed_file(tmp_path: Path) -> None:
    tokenizer = build_word_tokenizer(tmp_path)
    path = tmp_path / tokenizer.file
    assert tokenizer.file == f"_headrace/tokenizer-{tokenizer.sha256[:16]}.json"
    path.write_text(path.read_text() + " ")
    load_tokenizer.cache_clear()
    with pytest.raises(DataError, match="was changed since its table was prepared"):
        encode(["the"], tokenizer, tmp_path)
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        encode(["the"], tokenizer, tmp_path)


def found_in(texts: list[str], tokenizer: Any, table: Path) -> list[str]:
    """Return the warnings about texts, of which each is a task of its own."""
    total = Observations()
    for text in texts:
        task = Observations()
        encode([text], tokenizer, table, task)
        total.update(task)
    return total.warnings(None)


def test_texts_of_unknown_words_are_warned_of(tmp_path: Path) -> None:
    tokenizer = build_word_tokenizer(tmp_path)
    unknown = ["THE CAT SAT", "der Hund, im Haus", "кошка"]
    assert found_in([*unknown, "the cat", "a dog"], tokenizer, tmp_path) == [
        "3 of 5 texts have words of which 80% or more are not known from training, such as 'THE CAT SAT', and these "
        "are one word to a model. Check their language, and upper and lower case."
    ]
    assert found_in([*unknown, "the cat", "a dog", "a new cat"], tokenizer, tmp_path) == []
    assert found_in([], tokenizer, tmp_path) == []


def test_texts_without_words_are_not_counted_as_unknown(tmp_path: Path) -> None:
    (tmp_path / "table").mkdir()
    tokenizer = save_tokenizer(word_tokenizer([WordCount("the", 3), WordCount("!", 3)], spec()), spec(), tmp_path)
    assert found_in(["!", "", "! !"], tokenizer, tmp_path) == []
    (warning,) = found_in(["! кошка !", "! !"], tokenizer, tmp_path)
    assert warning.startswith("1 of 1 texts have words")


def test_byte_level_tokens_are_never_unknown(tmp_path: Path) -> None:
    tokenizer = save_tokenizer(bpe_tokenizer(iter(TEXTS), spec(tokens={"kind": "bpe"})), spec(), tmp_path)
    tokenizer = tokenizer.model_copy(update={"kind": "bpe"})
    assert found_in(["кошка", "КОШКА"], tokenizer, tmp_path) == []


def test_texts_that_are_mostly_cut_are_warned_of(tmp_path: Path) -> None:
    tokenizer = build_word_tokenizer(tmp_path).model_copy(update={"max_length": 3})
    assert found_in(["the cat sat on", "the cat sat on the", "the cat sat"], tokenizer, tmp_path) == [
        "2 of 3 texts have more than 3 tokens (prepare.text.tokens.max_length), and only the first are kept."
    ]
    assert found_in(["the cat sat on", "the cat sat"], tokenizer, tmp_path) == []
