"""The same rows in memory: encoded images through the fastest decoders, raw pixels and tokens sliced."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from rows import BATCH, WORKERS, Epoch, Rows, run


def prepare(rows: Rows, stored: Path) -> None:
    """Do nothing, as memory needs no other format."""


def with_tensorflow(_: Path, rows: Rows) -> Epoch:
    """Decode with `tf.io.decode_jpeg` and its fast transform."""
    import tensorflow as tf

    def decode(data: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_FAST"), label

    encoded = np.array(rows.inputs, object)
    dataset = tf.data.Dataset.from_tensor_slices((encoded, rows.labels)).with_options(options())
    dataset = dataset.shuffle(len(encoded)).map(decode, num_parallel_calls=WORKERS).batch(BATCH).prefetch(2)
    return lambda _: sum(int(labels.shape[0]) for _, labels in dataset)


def with_threads(decode: Callable[[bytes], np.ndarray], _: Path, rows: Rows) -> Epoch:
    """Decode in two threads with a decoder that releases Python's lock; discard the pixels."""

    def batch(chosen: np.ndarray) -> int:
        return sum(1 for row in chosen if decode(rows.inputs[row]) is not None)

    def epoch(number: int) -> int:
        order = np.random.default_rng(number).permutation(len(rows.inputs))
        with ThreadPoolExecutor(WORKERS) as pool:
            return sum(pool.map(batch, (order[begin : begin + BATCH] for begin in range(0, len(order), BATCH))))

    return epoch


def simplejpeg() -> Callable[[bytes], np.ndarray]:
    """Return the decoder of libjpeg-turbo."""
    import simplejpeg

    return partial(simplejpeg.decode_jpeg, colorspace="RGB", fastdct=True)


def opencv() -> Callable[[bytes], np.ndarray]:
    """Return the decoder of OpenCV, which returns BGR."""
    import cv2

    cv2.setNumThreads(1)
    return lambda data: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def sliced(_: Path, rows: Rows) -> Epoch:
    """Read raw pixels with `from_tensor_slices`, a full shuffle and batches."""
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices((_stack_pixels(rows), rows.labels)).with_options(options())
    dataset = dataset.shuffle(len(rows.labels)).batch(BATCH).prefetch(8)
    return lambda _: sum(int(labels.shape[0]) for _, labels in dataset)


def gathered(_: Path, rows: Rows) -> Epoch:
    """Gather raw pixels in NumPy by a permutation, one batch at a time, passed on as a constant, without `tf.data`."""
    import tensorflow as tf

    pixels = _stack_pixels(rows)

    def epoch(number: int) -> int:
        order, count = np.random.default_rng(number).permutation(len(pixels)), 0
        for begin in range(0, len(order), BATCH):
            chosen = order[begin : begin + BATCH]
            tf.constant(pixels[chosen])
            count += int(tf.constant(rows.labels[chosen]).shape[0])
        return count

    return epoch


def _stack_pixels(rows: Rows) -> np.ndarray:
    """Return all inputs as one array of pixels."""
    return np.frombuffer(b"".join(rows.inputs), np.uint8).reshape(len(rows.inputs), *rows.shape)


def options() -> "tf.data.Options":  # type: ignore[name-defined]  # noqa: F821  imported where it is used
    """Return the options that Headrace uses."""
    import tensorflow as tf

    found = tf.data.Options()
    found.autotune.enabled = False
    return found


if __name__ == "__main__":
    way = sys.argv[1]
    ways = {"tensorflow": with_tensorflow, "sliced": sliced, "gathered": gathered}
    decoders = {"simplejpeg": simplejpeg, "opencv": opencv}
    opened = ways[way] if way in ways else partial(with_threads, decoders[way]())
    run(prepare, opened, f"memory-{way}")
