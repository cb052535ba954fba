"""TFRecord files and tf.data as in TensorFlow's performance guide; small images as PNG, tokens as integers."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from rows import BATCH, WORKERS, Epoch, Rows, run

FILE_ROWS = 2048


def prepare(rows: Rows, stored: Path) -> None:
    """Write one file for every 2,048 rows."""
    stored.mkdir()
    for begin in range(0, len(rows.labels), FILE_ROWS):
        with tf.io.TFRecordWriter(str(stored / f"{begin:06d}.tfrecord")) as writer:
            for row in range(begin, min(begin + FILE_ROWS, len(rows.labels))):
                writer.write(_example(rows, row).SerializeToString())


def _example(rows: Rows, row: int) -> tf.train.Example:
    """Return a row as an example."""
    data = rows.inputs[row]
    label = tf.train.Feature(int64_list=tf.train.Int64List(value=[int(rows.labels[row])]))
    if rows.codec == "tokens":
        numbers = np.frombuffer(data, "<u2").tolist()
        feature = tf.train.Feature(int64_list=tf.train.Int64List(value=numbers))
    else:
        if rows.codec == "raw":
            data = tf.io.encode_png(np.frombuffer(data, np.uint8).reshape(rows.shape)).numpy()
        feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[data]))
    return tf.train.Example(features=tf.train.Features(feature={"input": feature, "label": label}))


def opened(stored: Path, rows: Rows) -> Epoch:
    """Open files in a new order, rows shuffled through a buffer of 2,048 (16,384 small ones)."""
    files = tf.data.Dataset.list_files(f"{stored}/*.tfrecord", shuffle=True)
    dataset = files.interleave(tf.data.TFRecordDataset, cycle_length=4, num_parallel_calls=WORKERS)
    dataset = dataset.shuffle(2048 if rows.codec == "jpeg" else 16_384)
    dataset = _parse_tokens(dataset) if rows.codec == "tokens" else _decode_images(dataset, rows)
    options = tf.data.Options()
    options.autotune.enabled = False
    dataset = dataset.prefetch(8).with_options(options)
    return lambda _: sum(int(labels.shape[0]) for _, labels in dataset)


def _decode_images(dataset: tf.data.Dataset, rows: Rows) -> tf.data.Dataset:
    """Return batches of decoded images."""
    features = {"input": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)}

    def decode(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        example = tf.io.parse_single_example(serialized, features)
        if rows.codec == "jpeg":
            pixels = tf.io.decode_jpeg(example["input"], channels=rows.shape[2], dct_method="INTEGER_FAST")
        else:
            pixels = tf.io.decode_png(example["input"], channels=rows.shape[2])
        return tf.ensure_shape(pixels, rows.shape), example["label"]

    return dataset.map(decode, num_parallel_calls=WORKERS).batch(BATCH)


def _parse_tokens(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Return batches of padded tokens."""
    features = {"input": tf.io.RaggedFeature(tf.int64), "label": tf.io.FixedLenFeature([], tf.int64)}

    def parse(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        example = tf.io.parse_example(serialized, features)
        return tf.cast(example["input"].to_tensor(), tf.int32), example["label"]

    return dataset.batch(BATCH).map(parse, num_parallel_calls=WORKERS)


if __name__ == "__main__":
    run(prepare, opened, "tfrecord")
