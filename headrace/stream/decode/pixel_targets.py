"""Weights and random changes of targets that are a class for each pixel."""

from collections.abc import Callable

import tensorflow as tf

from headrace.config.sections.streaming_and_augmentation import Augment
from headrace.contract import IGNORED_PIXEL
from headrace.stream.decode.augment_images import RankRows, geometry_changer

Change = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def mask_augmenter(settings: Augment, seed: int, rows: RankRows) -> Change | None:
    """Return a function from masks, (batch, height, width) uint8, and the number of a step to masks with the geometry
    that `augmenter` gives to their images; None if it changes no geometry.

    A pixel gets the class of the nearest one; those from outside of an image that are filled with black are ignored.
    """
    if not settings.changes_geometry:
        return None
    change = geometry_changer(settings, seed, rows, interpolation="NEAREST", outside=float(IGNORED_PIXEL))

    def augment(masks: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        changed = change(tf.cast(masks[..., None], tf.float32), step)[..., 0]
        return tf.ensure_shape(tf.cast(tf.round(changed), tf.uint8), masks.shape)

    return augment


def with_pixel_weights(masks: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return masks with class 0 in place of ignored pixels, and the weights of pixels, (batch, height, width) float32.

    The weights of a row's pixels that count have the mean of its weight over all pixels, so that the mean of its losses
    is that over these pixels; ignored ones weigh 0. Keras would multiply weights of rows along the width.
    """
    counts = masks != IGNORED_PIXEL
    shares = tf.reduce_mean(tf.cast(counts, tf.float32), axis=(1, 2), keepdims=True)
    scaled = tf.math.divide_no_nan(weights[:, None, None], shares)
    return tf.where(counts, masks, tf.zeros_like(masks)), tf.where(counts, scaled, tf.zeros_like(scaled))
