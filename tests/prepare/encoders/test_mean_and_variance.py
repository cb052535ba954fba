"""Mean and variance equal NumPy's over all values, however the values are grouped."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headrace.prepare.encoders.images.image_transcoding import Pixels
from headrace.prepare.encoders.mean_and_variance import ChannelSums, stored_sums

IMAGES = st.integers(1, 3).flatmap(
    lambda channels: st.lists(arrays(np.uint8, (3, 2, channels)), min_size=1, max_size=9)
)


def image_sums(image: Pixels) -> ChannelSums:
    return ChannelSums.from_bytes([stored_sums(image)], image.shape[0] * image.shape[1], image.shape[2])


@settings(derandomize=True, deadline=None, max_examples=200)
@given(images=IMAGES)
def test_channel_statistics_equal_numpy(images: list[Pixels]) -> None:
    channels = images[0].shape[2]
    statistics = sum((image_sums(image) for image in images), ChannelSums.zero(channels)).statistics()
    values = np.stack(images).reshape(-1, channels).astype(np.float64)
    assert statistics.mean == pytest.approx(values.mean(0), rel=1e-12, abs=1e-12)
    assert statistics.variance == pytest.approx(values.var(0), rel=1e-12, abs=1e-9)


@settings(derandomize=True, deadline=None)
@given(images=IMAGES, order=st.randoms(use_true_random=False))
def test_channel_sums_are_independent_of_order_and_grouping(images: list[Pixels], order: Random) -> None:
    sums = [image_sums(image) for image in images]
    forward = sum(sums, ChannelSums.zero(images[0].shape[2]))
    order.shuffle(sums)
    half = len(sums) // 2
    zero = ChannelSums.zero(images[0].shape[2])
    assert sum(sums[:half], zero) + sum(sums[half:], zero) == forward


@pytest.mark.parametrize("brightest", [1, 2, 256])
@pytest.mark.parametrize("shape", [(1, 1, 1), (224, 224, 3), (4100, 4100, 1)])
def test_stored_sums_of_large_images_are_exact(shape: tuple[int, int, int], brightest: int) -> None:
    image = np.random.default_rng(0).integers(0, brightest, shape, np.uint8)
    # Nearly white images have the largest sums.
    for pixels in (image, 255 - image):
        values = pixels.reshape(-1, shape[2]).astype(np.int64)
        expected = ChannelSums(len(values), tuple(values.sum(0).tolist()), tuple((values * values).sum(0).tolist()))
        assert image_sums(pixels) == expected


def test_variance_of_nearly_equal_values_does_not_cancel() -> None:
    image = np.full((1000, 1000, 1), 255, np.uint8)
    image[0, 0] = 254
    sums, one = ChannelSums.zero(1), image_sums(image)
    for _ in range(1000):
        sums += one
    fraction = 1e-6
    assert sums.statistics().variance[0] == pytest.approx(fraction * (1 - fraction), rel=1e-12)


def test_statistics_without_rows_are_mean_0_and_variance_1() -> None:
    statistics = ChannelSums.zero(3).statistics()
    assert statistics.mean == (0.0, 0.0, 0.0)
    assert statistics.variance == (1.0, 1.0, 1.0)
    assert statistics.standard_deviation == (1.0, 1.0, 1.0)


def test_variance_of_one_colour_is_exactly_0() -> None:
    assert image_sums(np.full((7, 3, 1), 13, np.uint8)).statistics().variance == (0.0,)
