"""Inputs for the parity check of an exported model: rows of a table, or random inputs, in batches of several sizes."""

from collections.abc import Iterator
from contextlib import closing
from itertools import cycle

import numpy as np

from headrace.bundle_inference import Inference
from headrace.contract import Contract
from headrace.networks.random_inputs_interface import random_inputs
from headrace.one_or_several_inputs import Inputs
from headrace.stream.read.ordered_shard_reader import read_shards
from headrace.table import Version

MAX_ROWS = 1000
RANDOM = 256
SEED = 0
BATCH_SIZES = (1, 7, 64, 256)

Batches = Iterator[Inputs]


def table_inputs(inference: Inference, version: Version, split: str) -> Batches:
    """Yield the first `MAX_ROWS` rows of a split, decoded as for evaluation; texts are padded per batch.

    Raises:
        DataError: the split does not exist, or a shard is damaged.
    """
    names, remaining = version.contract.input_names, MAX_ROWS
    sizes = cycle(BATCH_SIZES)
    with closing(read_shards(version.table, version.split(split), list(names))) as shards:
        for rows in shards:
            start, count = 0, min(remaining, len(rows[names[0]]))
            while start < count:
                end = min(count, start + next(sizes))
                yield inference.decode({name: rows[name][start:end] for name in names}, version.contract)
                start = end
            remaining -= count
            if not remaining:
                return


def noise(contract: Contract) -> Batches:
    """Yield `RANDOM` noise images, texts of random tokens and lengths, or windows of noise; the seed is fixed."""
    random = np.random.default_rng(SEED)
    for size in (1, 7, RANDOM - 8):
        yield random_inputs(random, size, contract)
