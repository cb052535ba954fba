"""Petastorm's `make_reader` with its image codec and ten threads, its default.

It feeds TensorFlow as its documentation does, by `make_petastorm_dataset(reader).batch(...)`; with `--numpy`, rows are
only stacked to batches in Python, without TensorFlow.
"""

import pickle
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from petastorm import make_reader
from petastorm.codecs import CompressedImageCodec, ScalarCodec
from petastorm.etl.dataset_metadata import ROW_GROUPS_PER_FILE_KEY, UNISCHEMA_KEY
from petastorm.reader import Reader
from petastorm.unischema import Unischema, UnischemaField
from pyspark.sql.types import IntegerType
from rows import BATCH, Rows, run

FILE_ROWS = 2048


def prepare(rows: Rows, stored: Path) -> None:
    """Write what `materialize_dataset` writes, without Spark: encoded images and their schema."""
    import json

    import cv2

    stored.mkdir()
    shape = rows.shape[:2] if rows.shape[2] == 1 else rows.shape
    codec = CompressedImageCodec("png" if rows.codec == "raw" else "jpeg")
    fields = [
        UnischemaField("input", np.uint8, shape, codec, False),
        UnischemaField("label", np.int32, (), ScalarCodec(IntegerType()), False),
    ]
    files = {}
    for begin in range(0, len(rows.labels), FILE_ROWS):
        inputs = rows.inputs[begin : begin + FILE_ROWS]
        if rows.codec == "raw":
            images = (np.frombuffer(data, np.uint8).reshape(shape) for data in inputs)
            inputs = [cv2.imencode(".png", image)[1].tobytes() for image in images]
        labels = pa.array(rows.labels[begin : begin + FILE_ROWS], pa.int32())
        table = pa.table({"input": pa.array(inputs, pa.binary()), "label": labels})
        pq.write_table(table, stored / f"{begin:06d}.parquet", row_group_size=FILE_ROWS, compression="NONE")
        files[f"{begin:06d}.parquet"] = 1
    metadata = {
        UNISCHEMA_KEY: pickle.dumps(Unischema("Rows", fields)),
        ROW_GROUPS_PER_FILE_KEY: json.dumps(files).encode(),
    }
    pq.write_metadata(table.schema.with_metadata(metadata), stored / "_common_metadata")


def epoch(stored: Path, rows: Rows, number: int) -> int:
    """Read an epoch with row groups and their rows shuffled."""
    with make_reader(f"file://{stored}", num_epochs=1, seed=number + 1, shuffle_rows=True) as reader:
        return _stack_in_numpy(reader) if "--numpy" in sys.argv else _read_in_tensorflow(reader)


def _read_in_tensorflow(reader: Reader) -> int:
    """Return the number of rows read through TensorFlow."""
    import tensorflow as tf
    from petastorm.tf_utils import make_petastorm_dataset

    options = tf.data.Options()
    options.autotune.enabled = False
    dataset = make_petastorm_dataset(reader).batch(BATCH).prefetch(8).with_options(options)
    return sum(int(row.label.shape[0]) for row in dataset)


def _stack_in_numpy(reader: Reader) -> int:
    """Return the number of rows stacked to batches in NumPy."""
    inputs, labels, count = [], [], 0
    for row in reader:
        inputs.append(row.input)
        labels.append(row.label)
        if len(labels) == BATCH:
            count += len(np.stack(inputs))
            inputs, labels = [], []
    return count + len(labels)


if __name__ == "__main__":
    run(prepare, lambda stored, rows: partial(epoch, stored, rows), "petastorm-rows")
