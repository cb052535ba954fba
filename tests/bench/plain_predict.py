"""Keras's own `model.predict` on the rows of a table: shard by shard while reading, then all at once from memory.

python -m tests.bench.plain_predict BUNDLE TABLE WARM_UP_SHARDS
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.bundle import load
from headrace.bundle_inference import Inference
from headrace.predict.predict_task import BATCH
from headrace.stream.read.ordered_shard_reader import read_shards
from headrace.table import Version, read


def decode_shards(inference: Inference, version: Version) -> Iterator[NDArray[Any]]:
    """Yield the pixels of each shard, read and decoded as `headrace predict` does."""
    columns = ["path", version.contract.named("input")[0]]
    for rows in read_shards(version.table, version.shards, columns):
        yield inference.decode(rows, version.contract)


def main(bundle: str, table: str, warm_up: int) -> None:
    """Predict all rows in both ways and print images per second of processor time."""
    loaded, version = load(Path(bundle)), read(table)
    inference, model = Inference(loaded), loaded.model()
    kept: list[NDArray[Any]] = []
    ends = []
    for shard in decode_shards(inference, version):
        model.predict(shard, batch_size=BATCH, verbose=0)
        kept.append(shard)
        ends.append(time.process_time())
    rows = sum(len(shard) for shard in kept[warm_up:])
    warm = ends[warm_up - 1]
    figures = {"loop_images_per_second": rows / (ends[-1] - warm), "loop_seconds_before": warm}
    together = np.concatenate(kept)
    began = time.process_time()
    model.predict(together, batch_size=BATCH, verbose=0)
    figures["memory_images_per_second"] = len(together) / (time.process_time() - began)
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
