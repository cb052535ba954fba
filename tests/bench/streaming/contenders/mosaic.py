"""Mosaic Streaming: MDS shards read by `StreamingDataset`, two processes of PyTorch's `DataLoader`."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
import torch
from rows import BATCH, WORKERS, Rows, run
from streaming import MDSWriter, StreamingDataset
from streaming.base.util import clean_stale_shared_memory


class Photos(StreamingDataset):  # type: ignore[misc]  # publishes no types
    """Data set that decodes JPEG with libjpeg-turbo, which is faster than Mosaic's own codec with Pillow."""

    def __getitem__(self, at: int) -> tuple[np.ndarray, int]:
        row: dict[str, Any] = super().__getitem__(at)
        return simplejpeg.decode_jpeg(row["input"], "RGB"), row["label"]


def prepare(rows: Rows, stored: Path) -> None:
    """Write shards of 32 MB."""
    with MDSWriter(out=str(stored), columns={"input": "bytes", "label": "int"}, size_limit=32_000_000) as writer:
        for data, label in zip(rows.inputs, rows.labels, strict=True):
            writer.write({"input": data, "label": int(label)})


def collate(rows: list[tuple[np.ndarray, int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return one batch."""
    return torch.from_numpy(np.stack([pixels for pixels, _ in rows])), torch.tensor([label for _, label in rows])


def epoch(stored: Path, _: Rows, number: int) -> int:
    """Read an epoch, shuffled by its own algorithm."""
    clean_stale_shared_memory()
    dataset = Photos(local=str(stored), shuffle=True, shuffle_seed=number, batch_size=BATCH)
    loader = torch.utils.data.DataLoader(dataset, BATCH, num_workers=WORKERS, collate_fn=collate)
    return sum(len(labels) for _, labels in loader)


if __name__ == "__main__":
    run(prepare, lambda stored, rows: partial(epoch, stored, rows), "mosaic")
