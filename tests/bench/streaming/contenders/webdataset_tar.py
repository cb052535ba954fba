"""WebDataset: tar shards, decoded by libjpeg-turbo; two processes of PyTorch's loader where it is installed."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
import webdataset
from rows import BATCH, WORKERS, Rows, run

FILE_ROWS = 2048


def prepare(rows: Rows, stored: Path) -> None:
    """Write one tar file for every 2,048 rows."""
    stored.mkdir()
    for begin in range(0, len(rows.labels), FILE_ROWS):
        with webdataset.TarWriter(str(stored / f"{begin:06d}.tar")) as writer:
            for row in range(begin, min(begin + FILE_ROWS, len(rows.labels))):
                writer.write({"__key__": f"{row:06d}", "jpg": rows.inputs[row], "cls": str(rows.labels[row])})


def decode(row: dict[str, Any]) -> tuple[np.ndarray, int]:
    """Return pixels and label."""
    return simplejpeg.decode_jpeg(row["jpg"], "RGB"), int(row["cls"])


def epoch(stored: Path, _: Rows, number: int) -> int:
    """Read an epoch with shards in a new order and rows shuffled through a buffer of 2,048."""
    files = [str(path) for path in np.random.default_rng(number).permutation(sorted(stored.glob("*.tar")))]
    split = [webdataset.split_by_worker] if "torch" in sys.modules else []
    dataset = webdataset.DataPipeline(
        webdataset.SimpleShardList(files),
        *split,
        webdataset.tarfile_to_samples(),
        webdataset.shuffle(2048),
        webdataset.map(decode),
        webdataset.batched(BATCH),
    )
    if "torch" in sys.modules:
        dataset = webdataset.WebLoader(dataset, batch_size=None, num_workers=WORKERS)
    return sum(len(labels) for _, labels in dataset)


if __name__ == "__main__":
    if "--torch" in sys.argv:
        import torch  # noqa: F401  WebDataset's loader is PyTorch's
    run(prepare, lambda stored, rows: partial(epoch, stored, rows), "webdataset")
