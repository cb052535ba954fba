"""Hugging Face datasets: Arrow files, shuffled, with its own image decoding; two loader processes with `--torch`."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from rows import BATCH, WORKERS, Rows, run


def prepare(rows: Rows, stored: Path) -> None:
    """Write Arrow files of JPEG bytes with its `Image` feature."""
    features = datasets.Features({"input": datasets.Image(), "label": datasets.Value("int32")})
    content = {"input": [{"bytes": data, "path": None} for data in rows.inputs], "label": rows.labels.tolist()}
    datasets.Dataset.from_dict(content, features=features).save_to_disk(str(stored))


def collate(rows: list[dict[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Return one batch."""
    return np.stack([np.asarray(row["input"]) for row in rows]), np.array([row["label"] for row in rows])


def epoch(stored: Path, _: Rows, number: int) -> int:
    """Read an epoch, fully shuffled as its documentation describes for map-style data sets."""
    dataset = datasets.load_from_disk(str(stored)).shuffle(seed=number)
    if "torch" in sys.modules:
        import torch

        loader = torch.utils.data.DataLoader(dataset, BATCH, num_workers=WORKERS, collate_fn=collate)
        return sum(len(labels) for _, labels in loader)
    found = (dataset[begin : begin + BATCH] for begin in range(0, len(dataset), BATCH))
    return sum(len(np.stack([np.asarray(image) for image in batch["input"]])) for batch in found)


if __name__ == "__main__":
    if "--torch" in sys.argv:
        import torch  # noqa: F401  for its loader
    run(prepare, lambda stored, rows: partial(epoch, stored, rows), "hugging-face")
