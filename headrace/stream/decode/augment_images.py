"""Augment training images at random, reproducibly for any number of ranks and after a resume.

The random numbers of a step are a function of the seed and the step's number, for all rows of the global batch; a
rank uses those of its own rows. So a resumed run, or a run on another number of ranks, gets the same images.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from headrace.config.sections.streaming_and_augmentation import Augment

FILL = {"nearest": "NEAREST", "reflect": "REFLECT", "black": "CONSTANT"}
# Two flips, two shifts, rotation, zoom, brightness, contrast.
NUMBERS = 8


@dataclass(frozen=True, kw_only=True)
class RankRows:
    """The range of this rank's rows in the global batch."""

    begin: int
    size: int
    global_batch: int


def augmenter(settings: Augment, seed: int, rows: RankRows) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return a function from the pixels and the number of a step to augmented pixels.

    Pixels are (batch, height, width, channels) uint8.
    """

    def augment(pixels: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        uniform = _random_numbers(seed, rows, step)
        images = tf.cast(pixels, tf.float32)
        if settings.changes_geometry:
            images = _transform(images, uniform, settings)
        if settings.changes_colour:
            images = _recolour(images, uniform, settings)
        return tf.ensure_shape(tf.cast(tf.round(tf.clip_by_value(images, 0.0, 255.0)), tf.uint8), pixels.shape)

    return augment


def geometry_changer(
    settings: Augment, seed: int, rows: RankRows, *, interpolation: str, outside: float
) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return a function from pixels, (batch, height, width, channels) float32, and the number of a step to pixels with
    the geometry that `augmenter` gives to images in this step.

    Args:
        interpolation: NEAREST or BILINEAR.
        outside: value of pixels from outside of an image, if `settings.fill` is black.
    """

    def change(pixels: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        return _transform(pixels, _random_numbers(seed, rows, step), settings, interpolation, outside)

    return change


def _random_numbers(seed: int, rows: RankRows, step: tf.Tensor) -> tf.Tensor:
    """Return the numbers from 0 to 1 of the rank's rows in a step, (rows, NUMBERS)."""
    uniform = tf.random.stateless_uniform((rows.global_batch, NUMBERS), (tf.constant(seed, tf.int64), step))
    return uniform[rows.begin : rows.begin + rows.size]


def _transform(
    images: tf.Tensor, uniform: tf.Tensor, settings: Augment, interpolation: str = "BILINEAR", outside: float = 0.0
) -> tf.Tensor:
    """Flip, rotate, scale and shift in one step, so that pixels are interpolated once."""
    height, width = images.shape[1], images.shape[2]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=_transform_matrices(uniform, settings, height, width),
        output_shape=(height, width),
        fill_value=outside,
        interpolation=interpolation,
        fill_mode=FILL[settings.fill],
    )


def _transform_matrices(uniform: tf.Tensor, settings: Augment, height: int, width: int) -> tf.Tensor:
    """Return the coefficients that map output pixels to input pixels, (batch, 8), for ImageProjectiveTransformV3.

    About the centre: x' = sx (x cos θ - y sin θ) + shift, y' = sy (x sin θ + y cos θ) + shift.
    """
    signed = 2.0 * uniform - 1.0
    scale = 1.0 / (1.0 + settings.zoom * signed[:, 5])
    angle = math.radians(settings.rotate) * signed[:, 4]
    scale_x = scale * _flip_sign(uniform[:, 0], settings.flip in ("horizontal", "both"))
    scale_y = scale * _flip_sign(uniform[:, 1], settings.flip in ("vertical", "both"))
    a, b = scale_x * tf.cos(angle), -scale_x * tf.sin(angle)
    c, d = scale_y * tf.sin(angle), scale_y * tf.cos(angle)
    x, y = (width - 1) / 2.0, (height - 1) / 2.0
    offset_x = x - a * x - b * y + settings.shift * width * signed[:, 2]
    offset_y = y - c * x - d * y + settings.shift * height * signed[:, 3]
    zero = tf.zeros_like(a)
    return tf.stack([a, b, offset_x, c, d, offset_y, zero, zero], axis=1)


def _flip_sign(uniform: tf.Tensor, enabled: bool) -> tf.Tensor:
    return tf.where(uniform < 0.5, -1.0, 1.0) if enabled else tf.ones_like(uniform)


def _recolour(images: tf.Tensor, uniform: tf.Tensor, settings: Augment) -> tf.Tensor:
    signed = (2.0 * uniform - 1.0)[:, :, None, None, None]
    mean = tf.reduce_mean(images, axis=(1, 2), keepdims=True)
    contrast, brightness = 1.0 + settings.contrast * signed[:, 7], 255.0 * settings.brightness * signed[:, 6]
    return mean + (images - mean) * contrast + brightness
