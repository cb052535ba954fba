"""A record's hash and split follow from its pixels alone."""

import hashlib

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headrace.config.configuration_model import Splits
from headrace.prepare.encoders.content_hash_and_split import content_hash, split_from_hash
from headrace.prepare.encoders.images.image_transcoding import Pixels

SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 4), st.sampled_from([1, 3]))
PIXELS = SHAPES.flatmap(lambda shape: arrays(np.uint8, shape))


@settings(derandomize=True, deadline=None)
@given(pixels=PIXELS)
def test_content_hash_is_independent_of_memory_layout(pixels: Pixels) -> None:
    assert content_hash(np.asfortranarray(pixels)) == content_hash(pixels.copy())


@settings(derandomize=True, deadline=None)
@given(left=PIXELS, right=PIXELS)
def test_content_hash_differs_for_other_pixels_or_shape(left: Pixels, right: Pixels) -> None:
    assume(left.shape != right.shape or not np.array_equal(left, right))
    assert content_hash(left) != content_hash(right)


def test_content_hash_includes_the_shape() -> None:
    assert content_hash(np.zeros((2, 3, 1), np.uint8)) != content_hash(np.zeros((3, 2, 1), np.uint8))


def test_content_hash_is_stable_across_releases() -> None:
    assert content_hash(np.arange(12, dtype=np.uint8).reshape(2, 2, 3)) == "fea3358299e2e97ee414dd5fa75d1255"


HASHES = [hashlib.md5(str(number).encode()).hexdigest() for number in range(20_000)]


@pytest.mark.parametrize("fractions", [(0.8, 0.1, 0.1), (0.5, 0.25, 0.25), (1.0, 0.0, 0.0), (0.0, 0.5, 0.5)])
def test_hash_split_yields_the_fractions(fractions: tuple[float, float, float]) -> None:
    splits = Splits(train=fractions[0], val=fractions[1], test=fractions[2])
    splits_of_hashes = [split_from_hash(content, splits) for content in HASHES]
    for name, fraction in zip(("train", "val", "test"), fractions, strict=True):
        assert splits_of_hashes.count(name) / len(splits_of_hashes) == pytest.approx(fraction, abs=0.01)
        assert fraction or not splits_of_hashes.count(name)


@pytest.mark.parametrize("content", ["0" * 32, "f" * 32])
@pytest.mark.parametrize("fractions", [(0.0, 0.5, 0.5), (0.0, 0.9, 0.1), (0.5, 0.5, 0.0), (0.0, 0.0, 1.0)])
def test_hash_split_of_fraction_0_is_empty_at_the_edges(content: str, fractions: tuple[float, float, float]) -> None:
    splits = Splits(train=fractions[0], val=fractions[1], test=fractions[2])
    assert getattr(splits, split_from_hash(content, splits)) > 0


def test_hash_split_is_stable_across_releases() -> None:
    splits_of_hashes = "".join(split_from_hash(content, Splits())[1] for content in HASHES[:60])
    assert splits_of_hashes == "rrrrrrerrrrrrrrrrrrarrrrarrerrrrreraarrrrrrerrrrrrrarrrrrrre"


def test_hash_split_keeps_test_records_when_the_test_split_grows() -> None:
    small, large = Splits(train=0.9, val=0.05, test=0.05), Splits(train=0.7, val=0.1, test=0.2)
    tested = {content for content in HASHES if split_from_hash(content, small) == "test"}
    assert {split_from_hash(content, large) for content in tested} == {"test"}
