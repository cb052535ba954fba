"""The same rows in memory: encoded images through the fastest decoders, raw pixels and tokens sliced."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from rows import BATCH, WORKERS, Rows, run


def prepare(rows: Rows, stored: Path) -> None:
    """Nothing: memory needs no other form."""


def with_tensorflow(_: Path, rows: Rows, number: int) -> int:
    """`tf.io.decode_jpeg` with the fast transform."""
    import tensorflow as tf

    def decode(data: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_FAST"), label

    order = np.random.default_rng(number).permutation(len(rows.inputs))
    encoded = np.array(rows.inputs, object)[order]
    dataset = tf.data.Dataset.from_tensor_slices((encoded, rows.labels[order])).with_options(options())
    dataset = dataset.map(decode, num_parallel_calls=WORKERS).batch(BATCH).prefetch(2)
    return sum(int(labels.shape[0]) for _, labels in dataset)


def with_threads(decode: Callable[[bytes], np.ndarray], _: Path, rows: Rows, number: int) -> int:
    """A decoder that lets go of Python's lock, in two threads; the pixels are dropped."""
    order = np.random.default_rng(number).permutation(len(rows.inputs))

    def batch(begin: int) -> int:
        return sum(1 for row in order[begin : begin + BATCH] if decode(rows.inputs[row]) is not None)

    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(batch, range(0, len(order), BATCH)))


def simplejpeg() -> Callable[[bytes], np.ndarray]:
    """libjpeg-turbo."""
    import simplejpeg

    return partial(simplejpeg.decode_jpeg, colorspace="RGB", fastdct=True)


def opencv() -> Callable[[bytes], np.ndarray]:
    """OpenCV's decoder, which gives BGR."""
    import cv2

    cv2.setNumThreads(1)
    return lambda data: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def sliced(_: Path, rows: Rows, number: int) -> int:
    """Raw pixels: `from_tensor_slices`, a whole shuffle, batches."""
    import tensorflow as tf

    pixels = np.frombuffer(b"".join(rows.inputs), np.uint8).reshape(len(rows.inputs), *rows.shape)
    dataset = tf.data.Dataset.from_tensor_slices((pixels, rows.labels)).with_options(options())
    dataset = dataset.shuffle(len(rows.labels), seed=number).batch(BATCH).prefetch(8)
    return sum(int(labels.shape[0]) for _, labels in dataset)


def gathered(_: Path, rows: Rows, number: int) -> int:
    """Raw pixels: a permutation in NumPy, one gathering a batch, handed over as a constant; no `tf.data` at all."""
    import tensorflow as tf

    pixels = np.frombuffer(b"".join(rows.inputs), np.uint8).reshape(len(rows.inputs), *rows.shape)
    order = np.random.default_rng(number).permutation(len(pixels))
    count = 0
    for begin in range(0, len(order), BATCH):
        chosen = order[begin : begin + BATCH]
        tf.constant(pixels[chosen])
        count += int(tf.constant(rows.labels[chosen]).shape[0])
    return count


def options() -> "tf.data.Options":  # type: ignore[name-defined]  # noqa: F821  imported where it is used
    """As Headrace has them."""
    import tensorflow as tf

    found = tf.data.Options()
    found.autotune.enabled = False
    return found


if __name__ == "__main__":
    way = sys.argv[1]
    ways = {"tensorflow": with_tensorflow, "sliced": sliced, "gathered": gathered}
    decoders = {"simplejpeg": simplejpeg, "opencv": opencv}
    epoch = ways[way] if way in ways else partial(with_threads, decoders[way]())
    run(prepare, epoch, f"memory-{way}")
