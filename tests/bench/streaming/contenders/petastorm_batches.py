"""Petastorm's `make_batch_reader` and `make_petastorm_dataset` over Headrace's own shards, decoded in tf.data."""

from functools import partial
from pathlib import Path

import tensorflow as tf
from petastorm import make_batch_reader
from petastorm.tf_utils import make_petastorm_dataset
from rows import BATCH, WORKERS, Rows, run


def prepare(_: Rows, stored: Path) -> None:
    """Do nothing, as the table exists already."""


def epoch(stored: Path, rows: Rows, number: int) -> int:
    """Read an epoch with shards in a new order and rows shuffled through a buffer."""
    files = [f"file://{path}" for path in sorted((stored.parent / "table").glob("split=train/*.parquet"))]
    column = "tokens" if rows.codec == "tokens" else "image"
    options = tf.data.Options()
    options.autotune.enabled = False

    def decode(row: object) -> tuple[tf.Tensor, tf.Tensor]:
        data = getattr(row, column)
        if rows.codec == "jpeg":
            return tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_FAST"), row.label  # type: ignore[attr-defined]
        kind = tf.uint8 if rows.codec == "raw" else tf.uint16
        return tf.reshape(tf.io.decode_raw(data, kind), rows.shape), row.label  # type: ignore[attr-defined]

    with make_batch_reader(files, schema_fields=[column, "label"], num_epochs=1, seed=number + 1) as reader:
        dataset = make_petastorm_dataset(reader).unbatch().shuffle(2048, seed=number)
        dataset = dataset.map(decode, num_parallel_calls=WORKERS).batch(BATCH).prefetch(8).with_options(options)
        return sum(int(labels.shape[0]) for _, labels in dataset)


if __name__ == "__main__":
    run(prepare, lambda stored, rows: partial(epoch, stored, rows), "petastorm-batches")
