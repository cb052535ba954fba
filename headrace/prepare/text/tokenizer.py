"""Tokenizers: building, saving in Hugging Face's format, and encoding of texts.

Token id 0 is padding and 1 the unknown token in both kinds, which is all that a network needs to know.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# A Spark task has one core, and threads would not survive the fork of Spark's Python workers.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from headrace.config.configuration_model import Text
from headrace.features.text.contract_spec import Tokenizer
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.quality.values_unlike_training import UNKNOWN_WORDS
from headrace.storage.files_named_by_hash import read_unchanged, save_named_by_hash

# They contain a space, which no token of either kind does, so that no text can contain them.
PADDING, UNKNOWN = "[PAD 0]", "[UNK 1]"
UNKNOWN_ID = 1


class WordCount(NamedTuple):
    """Word and its number of occurrences."""

    word: str
    times: int


class TokenizedText(NamedTuple):
    """Token ids of a text, and for each token the range of its characters: first, and one past the last.

    Attributes:
        is_cut: whether the text has more tokens, which are left out.
    """

    ids: list[int]
    spans: list[tuple[int, int]]
    is_cut: bool = False


def split_words(text: str, spec: Text) -> list[str]:
    """Return the words of `text` for the word tokenizer: runs of letters and digits, runs of punctuation, masks."""
    masks = set(_masks(spec))
    if not masks:
        return [word for word, _ in pre_tokenizers.Whitespace().pre_tokenize_str(text)]
    words: list[str] = []
    for piece in _split_masks(text, masks):
        words += [piece] if piece in masks else [w for w, _ in pre_tokenizers.Whitespace().pre_tokenize_str(piece)]
    return words


def word_tokenizer(counts: Iterable[WordCount], spec: Text) -> str:
    """Return the JSON of a word tokenizer of the most frequent words; ties are in alphabetical order."""
    special = [PADDING, UNKNOWN, *_masks(spec)]
    frequent = sorted(counts, key=lambda entry: (-entry.times, entry.word))
    words = [entry.word for entry in frequent if entry.times >= spec.tokens.min_count and entry.word not in special]
    vocabulary = {word: number for number, word in enumerate([*special, *words][: spec.tokens.vocabulary])}
    tokenizer_model = tokenizers.Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer_model.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer_model.add_special_tokens(list(_masks(spec)))
    return str(tokenizer_model.to_str())


def bpe_tokenizer(texts: Iterator[str], spec: Text) -> str:
    """Return the JSON of a byte-level BPE tokenizer trained on `texts`; it encodes any text without unknown tokens.

    Method: Sennrich, Haddow, Birch: Neural machine translation of rare words with subword units. ACL 2016.
    """
    tokenizer_model = tokenizers.Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer_model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer_model.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=max(spec.tokens.vocabulary, 256 + 2 + len(spec.mask)),
        min_frequency=spec.tokens.min_count,
        special_tokens=[PADDING, UNKNOWN, *_masks(spec)],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer_model.train_from_iterator(texts, trainer)
    tree = json.loads(tokenizer_model.to_str())
    # The trainer's special tokens would be matched in texts; only masks may be.
    tree["added_tokens"] = [token for token in tree["added_tokens"] if token["content"] not in (PADDING, UNKNOWN)]
    return json.dumps(tree, ensure_ascii=False)


def save_tokenizer(text: str, spec: Text, table: Path) -> Tokenizer:
    """Write a tokenizer's JSON into the folder of `table`, named by its hash, and return its description."""
    file, sha256 = save_named_by_hash(text.encode(), "tokenizer", table)
    size = tokenizers.Tokenizer.from_str(text).get_vocab_size()
    return Tokenizer(
        kind=spec.tokens.kind, file=file, sha256=sha256, vocabulary_size=size, max_length=spec.tokens.max_length
    )


def encode(
    texts: Sequence[str],
    tokenizer: Tokenizer,
    table: Path,
    observations: Observations | None = None,
    noun: str = "texts",
) -> list[bytes]:
    """Return the stored bytes of each text: its token ids of `token_dtype`, little-endian, without padding.

    Args:
        observations: receives what is found in the texts; None to discard it.
        noun: the texts in a sentence, in the plural.

    Raises:
        DataError: the tokenizer's file is missing or was changed.
    """
    dtype = np.dtype(token_dtype(tokenizer)).newbyteorder("<")
    tokenized = encode_with_spans(texts, tokenizer, table)
    if observations is not None:
        observe(texts, tokenized, tokenizer, table, observations, noun)
    return [np.array(one.ids, dtype).tobytes() for one in tokenized]


def observe(
    texts: Sequence[str],
    tokenized: Sequence[TokenizedText],
    tokenizer: Tokenizer,
    table: Path,
    observations: Observations,
    noun: str = "texts",
) -> None:
    """Count the texts that are cut, and those whose words are almost all unknown; see `encode`."""
    cut = [text for text, one in zip(texts, tokenized, strict=True) if one.is_cut]
    observations.add_cut(noun, tokenizer.max_length, len(texts), len(cut))
    # Bytes of any text are known to a byte-level tokenizer.
    if tokenizer.kind != "word":
        return
    counts = [_count_words(one, _is_word(table, tokenizer)) for one in tokenized]
    unknown = [
        text
        for text, count in zip(texts, counts, strict=True)
        if count.unknown and count.unknown >= UNKNOWN_WORDS * (count.known + count.unknown)
    ]
    with_words = sum(count.known + count.unknown > 0 for count in counts)
    observations.unfamiliar.add_texts(noun, with_words, len(unknown), unknown[0] if unknown else "")


class _WordCounts(NamedTuple):
    known: int
    unknown: int


def _count_words(text: TokenizedText, is_word: NDArray[np.bool_]) -> _WordCounts:
    ids = np.array(text.ids, np.int64)
    return _WordCounts(int(is_word[ids].sum()), text.ids.count(UNKNOWN_ID))


@lru_cache(maxsize=2)
def _is_word(table: Path, tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Return by token id whether it is a word or a number, which punctuation, padding and the unknown token are not."""
    is_word = np.zeros(tokenizer.vocabulary_size, np.bool_)
    for token, number in load_tokenizer(table, tokenizer).get_vocab().items():
        is_word[number] = number > UNKNOWN_ID and any(map(str.isalnum, token))
    return is_word


def encode_with_spans(texts: Sequence[str], tokenizer: Tokenizer, table: Path) -> list[TokenizedText]:
    """Return the tokens of each text, at most `tokenizer.max_length`.

    Raises:
        DataError: the tokenizer's file is missing or was changed.
    """
    encodings = load_tokenizer(table, tokenizer).encode_batch(list(texts), add_special_tokens=False)
    limit = tokenizer.max_length
    return [
        TokenizedText(encoding.ids[:limit], encoding.offsets[:limit], len(encoding.ids) > limit)
        for encoding in encodings
    ]


def token_dtype(tokenizer: Tokenizer) -> str:
    """Return `uint16` if every token id fits, otherwise `int32`."""
    return "uint16" if tokenizer.vocabulary_size < 65_536 else "int32"


@lru_cache(maxsize=2)
def load_tokenizer(table: Path, tokenizer: Tokenizer) -> Any:
    """Return the saved tokenizer as an object of Hugging Face's library.

    Raises:
        DataError: the tokenizer's file is missing or was changed.
    """
    data = read_unchanged(table / tokenizer.file, tokenizer.sha256, "The tokenizer")
    return tokenizers.Tokenizer.from_str(data.decode())


def _masks(spec: Text) -> tuple[str, ...]:
    return tuple(sorted(f"[{name.upper()}]" for name in spec.mask))


def _split_masks(text: str, masks: set[str]) -> list[str]:
    pieces = [text]
    for mask in sorted(masks):
        pieces = [part for piece in pieces for part in _split_around(piece, mask)]
    return pieces


def _split_around(piece: str, mask: str) -> list[str]:
    first, *others = piece.split(mask)
    return [first] + [part for other in others for part in (mask, other)]
