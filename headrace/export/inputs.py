"""What an exported model is tried with: rows of a table, or random ones; batches of differing sizes."""

from collections.abc import Iterator
from contextlib import closing
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.config.configuration import Image
from headrace.contract import Contract, Statistics
from headrace.inference import Inference
from headrace.prepare.encoders.image import decode, encode
from headrace.stream.read.shards import read_shards
from headrace.table import Version

MAX_ROWS = 1000
RANDOM = 256
SEED = 0
LONGEST = 64
SIZES = (1, 7, 64, 256)
MODES = {1: "L", 3: "RGB"}

Batches = Iterator[NDArray[Any]]


def table_inputs(inference: Inference, version: Version, split: str) -> Batches:
    """The first `MAX_ROWS` rows of a split, decoded as for evaluation; texts as long as the longest of their batch.

    Raises:
        DataError: there is no such split, or a shard is damaged.
    """
    name, left = version.contract.named("input")[0], MAX_ROWS
    sizes = cycle(SIZES)
    with closing(read_shards(version.table, version.split(split), [name])) as shards:
        for rows in shards:
            begin, rows_here = 0, min(left, len(rows[name]))
            while begin < rows_here:
                end = min(rows_here, begin + next(sizes))
                yield inference.decode({name: rows[name][begin:end]}, version.contract)
                begin = end
            left -= rows_here
            if not left:
                return


def random_inputs(contract: Contract) -> Batches:
    """`RANDOM` noise images, random tokens in texts of differing lengths, or windows of noise; always the same."""
    random = np.random.default_rng(SEED)
    for size in (1, 7, RANDOM - 8):
        if contract.windows is not None:
            yield _windows(random, size, contract)
        elif contract.tokenizer is None:
            yield random.integers(0, 256, (size, *contract.named("input")[1].image_shape), "uint8")
        else:
            yield _texts(random, size, contract.tokenizer.vocabulary_size, min(LONGEST, contract.tokenizer.max_length))


def encoded_images(contract: Contract) -> Iterator[tuple[NDArray[Any], NDArray[np.uint8]]]:
    """A few noise images as PNG and as JPEG files, (rows,) bytes, and their pixels as preparation decodes them."""
    pixels = np.random.default_rng(SEED).integers(0, 256, (3, *contract.named("input")[1].image_shape), "uint8")
    for codec in ("png", "jpeg"):
        form = Image.model_validate({"mode": MODES[pixels.shape[3]], "size": pixels.shape[1:3], "codec": codec})
        files = [encode(one, form) for one in pixels]
        yield np.array(files, object), np.stack([decode(file, form) for file in files])


def _windows(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.float32]:
    """(rows, length, features), each feature as wide as in training."""
    statistics = contract.statistics or Statistics(mean=(0.0,), variance=(1.0,))
    shape = (rows, *(int(length or 1) for length in contract.input_shape))
    noise = random.normal(statistics.mean, statistics.standard_deviation, shape)
    return noise.astype(np.float32)


def _texts(random: np.random.Generator, rows: int, vocabulary: int, longest: int) -> NDArray[np.int32]:
    """(rows, tokens of the longest), each row padded with zeros as in a batch of a table."""
    lengths = random.integers(1, longest + 1, rows)
    tokens = random.integers(1, vocabulary, (rows, lengths.max()), "int32")
    return np.where(np.arange(lengths.max()) < lengths[:, None], tokens, 0).astype(np.int32)
