"""Inputs that compare an exported model with its bundle: rows of a table or random inputs, in varying batch sizes."""

from collections.abc import Iterator
from contextlib import closing
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.config.configuration import Image
from headrace.contract import Contract, Statistics
from headrace.inference import Inference
from headrace.prepare.encoders.images.image_codec import decode, encode
from headrace.stream.read.shard_reader import read_shards
from headrace.table import Version

MAX_ROWS = 1000
RANDOM = 256
SEED = 0
MAX_TOKENS = 64
BATCH_SIZES = (1, 7, 64, 256)
MODES = {1: "L", 3: "RGB"}

Batches = Iterator[NDArray[Any]]


def table_inputs(inference: Inference, version: Version, split: str) -> Batches:
    """Yield the first `MAX_ROWS` rows of a split, decoded as for evaluation; texts are padded per batch.

    Raises:
        DataError: the split does not exist, or a shard is damaged.
    """
    name, remaining = version.contract.named("input")[0], MAX_ROWS
    sizes = cycle(BATCH_SIZES)
    with closing(read_shards(version.table, version.split(split), [name])) as shards:
        for rows in shards:
            start, count = 0, min(remaining, len(rows[name]))
            while start < count:
                end = min(count, start + next(sizes))
                yield inference.decode({name: rows[name][start:end]}, version.contract)
                start = end
            remaining -= count
            if not remaining:
                return


def random_inputs(contract: Contract) -> Batches:
    """Yield `RANDOM` noise images, texts of random tokens and lengths, or windows of noise; the seed is fixed."""
    random = np.random.default_rng(SEED)
    for size in (1, 7, RANDOM - 8):
        if contract.windows is not None:
            yield _windows(random, size, contract)
        elif contract.tokenizer is None:
            yield random.integers(0, 256, (size, *contract.named("input")[1].image_shape), "uint8")
        else:
            yield _texts(
                random, size, contract.tokenizer.vocabulary_size, min(MAX_TOKENS, contract.tokenizer.max_length)
            )


def encoded_images(contract: Contract) -> Iterator[tuple[NDArray[Any], NDArray[np.uint8]]]:
    """Yield noise images as PNG and as JPEG files, (rows,) bytes, each with the pixels that preparation decodes."""
    pixels = np.random.default_rng(SEED).integers(0, 256, (3, *contract.named("input")[1].image_shape), "uint8")
    for codec in ("png", "jpeg"):
        spec = Image.model_validate({"mode": MODES[pixels.shape[3]], "size": pixels.shape[1:3], "codec": codec})
        files = [encode(image, spec) for image in pixels]
        yield np.array(files, object), np.stack([decode(file, spec) for file in files])


def _windows(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.float32]:
    """Return noise (rows, length, features) with the mean and deviation of each feature in training."""
    statistics = contract.statistics or Statistics(mean=(0.0,), variance=(1.0,))
    shape = (rows, *(int(length or 1) for length in contract.input_shape))
    noise = random.normal(statistics.mean, statistics.standard_deviation, shape)
    return noise.astype(np.float32)


def _texts(random: np.random.Generator, rows: int, vocabulary: int, max_length: int) -> NDArray[np.int32]:
    """Return random tokens (rows, longest length), each row padded with zeros as in a batch of a table."""
    lengths = random.integers(1, max_length + 1, rows)
    tokens = random.integers(1, vocabulary, (rows, lengths.max()), "int32")
    return np.where(np.arange(lengths.max()) < lengths[:, None], tokens, 0).astype(np.int32)
