"""Texts are padded with zeros to a bucket, and grouped by length without losing or repeating one."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.contract import Column, Contract
from headrace.features.text.contract_spec import TextSpec, Tokenizer
from headrace.stream.build_plan_and_rank_stream import evaluation_plan, training_plan
from headrace.stream.decode.pad_tokens_to_buckets import (
    buckets_for,
    choose_bucket,
    pad_twice,
    padded_length,
    padded_tokens,
)
from headrace.stream.read.binary_columns_and_row_selection import BinaryColumn
from headrace.stream.tf_data_pipeline import evaluation_batches, training_batches
from headrace.table import Version
from tests.stream.small_text import some_texts, write_texts

pytestmark = pytest.mark.tensorflow

Steps = list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]]


lists_of_tokens = st.lists(st.lists(st.integers(0, 65_535), max_size=40), min_size=1, max_size=9)


@given(lists_of_tokens, st.sampled_from(["uint16", "int32"]))
def test_padded_tokens_appends_zeros(texts: list[list[int]], dtype: str) -> None:
    stored = BinaryColumn.from_values([np.array(text, np.dtype(dtype).newbyteorder("<")).tobytes() for text in texts])
    padded = padded_tokens(stored, dtype, (4, 16, 32))
    assert padded.dtype == np.int32
    assert padded.shape == (len(texts), choose_bucket(max(map(len, texts)), (4, 16, 32)))
    for row, text in zip(padded.tolist(), texts, strict=True):
        assert row == text + [0] * (padded.shape[1] - len(text))


def test_padded_tokens_of_slice_equal_those_of_own_column() -> None:
    texts = some_texts(20)
    stored = BinaryColumn.from_values([np.array(text, "<u2").tobytes() for text in texts])
    assert padded_tokens(stored[5:9], "uint16", (128,))[:, :2].tolist() == [text[:2] for text in texts[5:9]]


def test_choose_bucket_returns_shortest_that_fits() -> None:
    assert [choose_bucket(length, (4, 16)) for length in (0, 1, 4, 5, 16, 17)] == [4, 4, 4, 16, 16, 17]


def test_default_buckets_double_up_to_longest_text(tmp_path: Path) -> None:
    contract = write_texts(tmp_path / "table", some_texts(10)).contract
    assert buckets_for(contract) == (16, 32, 64, 100)
    assert buckets_for(contract, (10, 50, 400)) == (10, 50, 100)


def test_texts_have_one_length_if_the_shortest_bucket_holds_the_longest(tmp_path: Path) -> None:
    contract = write_texts(tmp_path / "table", some_texts(10)).contract
    assert [padded_length(contract, lengths) for lengths in (None, (64,), (100,), (400,))] == [None, None, 100, 100]
    short = write_texts(tmp_path / "short", some_texts(10, longest=9), longest=9).contract
    assert padded_length(short, None) == 9


@given(
    st.lists(st.lists(st.integers(1, 9), max_size=12), min_size=1, max_size=6), st.integers(0, 4), st.integers(12, 15)
)
def test_pad_twice_changes_nothing_but_padding(texts: list[list[int]], padding: int, longest: int) -> None:
    contract = Contract(
        columns={"tokens": Column(role="input", codec="tokens", dtype="uint16", shape=(None,))},
        classes=("good", "bad"),
        input_specs={
            "tokens": TextSpec(
                tokenizer=Tokenizer(kind="word", file="t.json", sha256="0" * 64, vocabulary_size=10, max_length=longest)
            )
        },
    )
    width = min(longest, max(1, *map(len, texts), padding))
    batch = np.array([text + [0] * (width - len(text)) for text in texts], np.int32)
    assert pad_twice(batch, contract, (longest,)) is None
    shorter = [text for text in texts if max(1, len(text)) < longest]
    passes = pad_twice(batch, contract, (4,))
    if passes is None:
        assert not shorter
        return
    short, long = map(np.asarray, passes)
    assert long.shape == (len(shorter), longest)
    assert short.shape[1] == max(1, *map(len, shorter))
    for padded in (short, long):
        assert [[token for token in row if token] for row in padded.tolist()] == shorter


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """Return a table of 997 texts of 2 to 100 tokens; the first token identifies the text."""
    return write_texts(tmp_path_factory.mktemp("texts") / "table", some_texts(997))


def steps(version: Version, settings: Stream, ranks: int = 1, epoch: int = 0, from_step: int = 0) -> list[Steps]:
    """Return the steps of each rank; the global batch is 64, so an epoch has 16 steps."""
    plan = training_plan(version, "train", 64, 16, seed=3)
    rank_batches = [training_batches(version, plan, settings, rank, ranks) for rank in range(ranks)]
    return [list(batches.dataset(epoch, from_step, epoch + 1).as_numpy_iterator()) for batches in rank_batches]


def numbers(found: list[Steps]) -> list[list[int]]:
    """Return the sorted ids of the texts in each step over all ranks."""
    return [
        sorted(int(token) for tokens, _, weights in parts for token in tokens[weights > 0, 0])
        for parts in zip(*found, strict=True)
    ]


GROUPED = Stream(bucket_steps=8)
UNGROUPED = Stream(bucket_steps=1)


@pytest.mark.parametrize("settings", [GROUPED, UNGROUPED])
def test_epoch_has_each_text_once_padded_to_bucket(texts: Version, settings: Stream) -> None:
    original = some_texts(997)
    found = {}
    for tokens, labels, weights in steps(texts, settings)[0]:
        assert tokens.shape[0] == 64
        assert tokens.shape[1] in (16, 32, 64, 100)
        for row, label in zip(tokens[weights > 0].tolist(), labels[weights > 0].tolist(), strict=True):
            number = row[0] - 2
            assert number not in found
            assert row == original[number] + [0] * (len(row) - len(original[number]))
            assert label == number % 3
            found[number] = len(row)
    assert len(found) == 997


def test_grouping_by_length_halves_padding(texts: Version) -> None:
    def padding(bucket_steps: int) -> int:
        settings = Stream(bucket_steps=bucket_steps, buckets=tuple(range(10, 101, 10)))
        return sum(int((tokens == 0).sum()) for tokens, _, _ in steps(texts, settings)[0])

    assert padding(8) < 0.5 * padding(1)


def test_grouped_steps_are_shuffled_in_each_epoch(texts: Version) -> None:
    lengths = [[tokens.shape[1] for tokens, _, _ in steps(texts, GROUPED, epoch=epoch)[0]] for epoch in range(4)]
    assert len({tuple(found) for found in lengths}) == 4
    assert any(before > after for before, after in pairwise(lengths[0][:8]))


@pytest.mark.parametrize("settings", [GROUPED, UNGROUPED])
def test_resume_at_any_step_on_any_number_of_ranks_reads_same_texts(texts: Version, settings: Stream) -> None:
    whole = numbers(steps(texts, settings, epoch=1))
    for ranks, from_step in ((1, 3), (2, 0), (4, 8), (8, 15), (2, 11)):
        assert numbers(steps(texts, settings, ranks, 1, from_step)) == whole[from_step:]


def test_evaluation_pads_and_keeps_stored_order(texts: Version) -> None:
    batches = evaluation_batches(texts, "train", evaluation_plan(texts, "train", 64), GROUPED)
    found = [int(token) for tokens, _, weights in batches.dataset(0, 0, 1) for token in tokens[weights > 0][:, 0]]
    assert found == [2 + row for row in range(997)]


def test_empty_text_is_padding_only(tmp_path: Path) -> None:
    version = write_texts(tmp_path / "table", [[], [], []])
    ((tokens, _, weights),) = steps(version, GROUPED)[0]
    assert tokens.shape == (64, 16)
    assert not tokens.any()
    assert weights.sum() == 3
