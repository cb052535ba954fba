"""Tokenisers: learned on the training split, frozen in a file of Hugging Face's format, applied.

0 is padding and 1 an unknown token in both kinds, so a network needs to know nothing else of them.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

# One Spark task has one core; threads of its own would also not survive the fork of Spark's Python workers.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from headrace.config.configuration import Text
from headrace.contract import Tokenizer
from headrace.errors import DataError
from headrace.storage.atomic import atomic_write

# With a space in them, which no token of either kind has: no text can contain them.
PADDING, UNKNOWN = "[PAD 0]", "[UNK 1]"
FOLDER = "_headrace"


class Counted(NamedTuple):
    """A word and how often it was seen."""

    word: str
    times: int


class Tokens(NamedTuple):
    """The numbers of a text's tokens, and the characters of the text, first and one past the last, that each is of."""

    numbers: list[int]
    spans: list[tuple[int, int]]


def split_words(text: str, form: Text) -> list[str]:
    """`text` as the word tokeniser sees it: runs of letters and digits, runs of punctuation, masks whole."""
    masks = set(_masks(form))
    if not masks:
        return [word for word, _ in pre_tokenizers.Whitespace().pre_tokenize_str(text)]
    words: list[str] = []
    for piece in _split_masks(text, masks):
        words += [piece] if piece in masks else [w for w, _ in pre_tokenizers.Whitespace().pre_tokenize_str(piece)]
    return words


def word_tokenizer(counts: Iterable[Counted], form: Text) -> str:
    """The JSON of a tokeniser that knows these words, the most frequent first; ties in the order of the alphabet."""
    special = [PADDING, UNKNOWN, *_masks(form)]
    frequent = sorted(counts, key=lambda one: (-one.times, one.word))
    words = [one.word for one in frequent if one.times >= form.tokens.min_count and one.word not in special]
    vocabulary = {word: number for number, word in enumerate([*special, *words][: form.tokens.vocabulary])}
    made = tokenizers.Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.add_special_tokens(list(_masks(form)))
    return str(made.to_str())


def bpe_tokenizer(texts: Iterator[str], form: Text) -> str:
    """The JSON of a byte-level BPE tokeniser learned from `texts`; no text is unknown to it.

    Method: Sennrich, Haddow, Birch: Neural machine translation of rare words with subword units. ACL 2016.
    """
    made = tokenizers.Tokenizer(models.BPE(unk_token=UNKNOWN))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=max(form.tokens.vocabulary, 256 + 2 + len(form.mask)),
        min_frequency=form.tokens.min_count,
        special_tokens=[PADDING, UNKNOWN, *_masks(form)],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    tree = json.loads(made.to_str())
    # What is special to the trainer would also be found in texts; only masks may be.
    tree["added_tokens"] = [token for token in tree["added_tokens"] if token["content"] not in (PADDING, UNKNOWN)]
    return json.dumps(tree, ensure_ascii=False)


def save_tokenizer(text: str, form: Text, table: Path) -> Tokenizer:
    """Keep a tokeniser's JSON in the folder of `table`, under a name that is its hash."""
    data = text.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    file = f"{FOLDER}/tokenizer-{sha256[:16]}.json"
    if not (table / file).exists():
        atomic_write(table / file, data)
    size = tokenizers.Tokenizer.from_str(text).get_vocab_size()
    return Tokenizer(
        kind=form.tokens.kind, file=file, sha256=sha256, vocabulary_size=size, max_length=form.tokens.max_length
    )


def encode(texts: Sequence[str], tokenizer: Tokenizer, table: Path) -> list[bytes]:
    """What is stored for each text: the numbers of its tokens, little-endian, without padding.

    Raises:
        DataError: the tokeniser's file is missing or was changed.
    """
    dtype = np.dtype(token_dtype(tokenizer)).newbyteorder("<")
    return [np.array(one.numbers, dtype).tobytes() for one in encode_with_spans(texts, tokenizer, table)]


def encode_with_spans(texts: Sequence[str], tokenizer: Tokenizer, table: Path) -> list[Tokens]:
    """The tokens of each text, no more than are kept of one.

    Raises:
        DataError: the tokeniser's file is missing or was changed.
    """
    encodings = load_tokenizer(table, tokenizer).encode_batch(list(texts), add_special_tokens=False)
    kept = tokenizer.max_length
    return [Tokens(one.ids[:kept], one.offsets[:kept]) for one in encodings]


def token_dtype(tokenizer: Tokenizer) -> str:
    """`uint16` where every number fits."""
    return "uint16" if tokenizer.vocabulary_size < 65_536 else "int32"


@lru_cache(maxsize=2)
def load_tokenizer(table: Path, tokenizer: Tokenizer) -> Any:
    """The frozen tokeniser, as Hugging Face's library has it.

    Raises:
        DataError: its file is missing or was changed.
    """
    path = table / tokenizer.file
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"The tokeniser {path} cannot be read ({error.strerror}); restore it.") from None
    if hashlib.sha256(data).hexdigest() != tokenizer.sha256:
        raise DataError(f"The tokeniser {path} was changed since its table was prepared; restore it.")
    return tokenizers.Tokenizer.from_str(data.decode())


def _masks(form: Text) -> tuple[str, ...]:
    return tuple(sorted(f"[{name.upper()}]" for name in form.mask))


def _split_masks(text: str, masks: set[str]) -> list[str]:
    pieces = [text]
    for mask in sorted(masks):
        pieces = [part for piece in pieces for part in _around(piece, mask)]
    return pieces


def _around(piece: str, mask: str) -> list[str]:
    first, *others = piece.split(mask)
    return [first] + [part for other in others for part in (mask, other)]
