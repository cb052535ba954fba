"""Masks change as their images do, and their weights are those of the pixels that count."""

import numpy as np
import pytest
import tensorflow as tf

from headrace.config.sections.streaming_and_augmentation import Augment
from headrace.contract import IGNORED_PIXEL
from headrace.stream.decode.augment_images import RankRows, augmenter
from headrace.stream.decode.pixel_targets import mask_augmenter, with_pixel_weights

pytestmark = pytest.mark.tensorflow
ROWS = RankRows(begin=8, size=8, global_batch=16)


def pictures() -> np.ndarray:
    """Return eight masks of smooth regions of three classes."""
    down, across = np.mgrid[0:24, 0:24] / 24
    shifts = np.linspace(0, 3, 8)[:, None, None]
    return ((np.sin(5 * down + shifts) + np.cos(4 * across) > 0.5) * 1 + (across + down > 1.2)).astype(np.uint8)


@pytest.mark.parametrize("flip", ["horizontal", "vertical", "both"])
def test_flipped_image_has_its_flipped_mask(flip: str) -> None:
    settings, masks = Augment.model_validate({"flip": flip}), pictures()
    change = mask_augmenter(settings, 7, ROWS)
    assert change is not None
    step = tf.constant(3, tf.int64)
    images = augmenter(settings, 7, ROWS)(tf.constant(np.stack([masks * 100] * 3, -1)), step).numpy()
    changed = change(tf.constant(masks), step).numpy()
    assert np.array_equal(images[..., 0] // 100, changed)
    assert not np.array_equal(changed, masks)


def test_turned_and_moved_image_has_its_mask_and_pixels_from_outside_are_ignored() -> None:
    settings = Augment.model_validate({"rotate": 20, "shift": 0.2, "zoom": 0.2, "fill": "black"})
    masks, step = pictures(), tf.constant(1, tf.int64)
    change = mask_augmenter(settings, 1, ROWS)
    assert change is not None
    shown = tf.constant(np.stack([masks * 100 + 50] * 3, -1))
    images = augmenter(settings, 1, ROWS)(shown, step).numpy()[..., 0]
    changed = change(tf.constant(masks), step).numpy()
    outside = changed == IGNORED_PIXEL
    assert 0.02 < outside.mean() < 0.5
    assert set(np.unique(changed)) <= {0, 1, 2, IGNORED_PIXEL}
    # Bilinear images are mixed at the edges of regions.
    agree = np.abs(images[~outside].astype(float) - (changed[~outside] * 100.0 + 50)) < 50
    assert agree.mean() > 0.95


def test_colour_alone_changes_no_mask() -> None:
    assert mask_augmenter(Augment.model_validate({"brightness": 0.2}), 1, ROWS) is None


def test_weights_are_of_pixels_and_have_the_mean_of_the_row() -> None:
    masks, rows = pictures(), np.array([1, 2, 0, 1, 1, 1, 1, 3], np.float32)
    masks[0, :6], masks[3] = IGNORED_PIXEL, IGNORED_PIXEL
    targets, weights = (one.numpy() for one in with_pixel_weights(tf.constant(masks), tf.constant(rows)))
    assert weights.shape == masks.shape
    assert weights.mean((1, 2)) == pytest.approx([1, 2, 0, 0, 1, 1, 1, 3])
    assert not weights[masks == IGNORED_PIXEL].any()
    assert (targets[masks == IGNORED_PIXEL] == 0).all()
    assert np.array_equal(targets[masks != IGNORED_PIXEL], masks[masks != IGNORED_PIXEL])
