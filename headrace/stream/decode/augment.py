"""Training images changed at random, each row by its place in the run and not by who computes it, or when.

The random numbers of a step are a function of the seed and of the step's number, for all rows of the global batch
at once; a rank uses those of its own rows. So a run that was continued, or is shared by another number of ranks,
sees the same images.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from headrace.config.sections.streaming import Augment

FILL = {"nearest": "NEAREST", "reflect": "REFLECT", "black": "CONSTANT"}
# Mirrored twice, moved twice, turned, scaled, lighter, more contrast.
NUMBERS = 8


@dataclass(frozen=True, kw_only=True)
class RankRows:
    """Which rows of the global batch are this rank's."""

    begin: int
    size: int
    global_batch: int


def augmenter(settings: Augment, seed: int, rows: RankRows) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """A function from the pixels of a step, (batch, height, width, channels) uint8, and its number to new pixels."""

    def augment(pixels: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        drawn = tf.random.stateless_uniform((rows.global_batch, NUMBERS), (tf.constant(seed, tf.int64), step))
        drawn = drawn[rows.begin : rows.begin + rows.size]
        changed = tf.cast(pixels, tf.float32)
        if settings.moves:
            changed = _moved(changed, drawn, settings)
        if settings.recolours:
            changed = _recoloured(changed, drawn, settings)
        return tf.ensure_shape(tf.cast(tf.round(tf.clip_by_value(changed, 0.0, 255.0)), tf.uint8), pixels.shape)

    return augment


def _moved(images: tf.Tensor, drawn: tf.Tensor, settings: Augment) -> tf.Tensor:
    """Mirrored, turned, scaled and shifted at once, so that pixels are interpolated once."""
    height, width = images.shape[1], images.shape[2]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=_transforms(drawn, settings, height, width),
        output_shape=(height, width),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode=FILL[settings.fill],
    )


def _transforms(drawn: tf.Tensor, settings: Augment, height: int, width: int) -> tf.Tensor:
    """(batch, 8): for each row, where in the old image a pixel of the new one comes from.

    About the centre: x' = sx (cos x - sin y) + shift, y' = sy (sin x + cos y) + shift.
    """
    signed = 2.0 * drawn - 1.0
    scale = 1.0 / (1.0 + settings.zoom * signed[:, 5])
    angle = math.radians(settings.rotate) * signed[:, 4]
    across = scale * _mirrored(drawn[:, 0], settings.flip in ("horizontal", "both"))
    down = scale * _mirrored(drawn[:, 1], settings.flip in ("vertical", "both"))
    a, b = across * tf.cos(angle), -across * tf.sin(angle)
    c, d = down * tf.sin(angle), down * tf.cos(angle)
    x, y = (width - 1) / 2.0, (height - 1) / 2.0
    right = x - a * x - b * y + settings.shift * width * signed[:, 2]
    below = y - c * x - d * y + settings.shift * height * signed[:, 3]
    zero = tf.zeros_like(a)
    return tf.stack([a, b, right, c, d, below, zero, zero], axis=1)


def _mirrored(drawn: tf.Tensor, wanted: bool) -> tf.Tensor:
    return tf.where(drawn < 0.5, -1.0, 1.0) if wanted else tf.ones_like(drawn)


def _recoloured(images: tf.Tensor, drawn: tf.Tensor, settings: Augment) -> tf.Tensor:
    signed = (2.0 * drawn - 1.0)[:, :, None, None, None]
    mean = tf.reduce_mean(images, axis=(1, 2), keepdims=True)
    contrast, light = 1.0 + settings.contrast * signed[:, 7], 255.0 * settings.brightness * signed[:, 6]
    return mean + (images - mean) * contrast + light
