"""Tables of a few raw records, prepared by the real preparation: images and texts, with classes and with numbers."""

import csv
import json
from pathlib import Path
from typing import Any

import PIL.Image

from headrace.config import Configuration
from headrace.prepare.job import prepare
from tests.support.small_table import some_images

ROWS = 24
KINDS = [(content, task) for content in ("images", "texts") for task in ("classification", "regression")]
WORDS = ("river", "mill", "wheel", "gate", "stone", "flour", "weir", "sluice")
IMAGE = {"mode": "RGB", "size": [16, 12], "codec": "raw"}


def label(row: int, task: str) -> str:
    return str(row / 4) if task == "regression" else ("bag", "boot", "coat")[row % 3]


def write_raw(folder: Path, content: str, task: str) -> dict[str, Any]:
    """Raw records in `folder`, two thirds of them for training; the section `data.source` that reads them."""
    folder.mkdir(parents=True)
    splits = ["test" if row % 3 == 0 else "train" for row in range(ROWS)]
    labels = [label(row, task) for row in range(ROWS)]
    if content == "texts":
        texts = [" ".join(WORDS[(row * step) % 8] for step in range(1, 4 + row % 5)) + f" {row}" for row in range(ROWS)]
        rows = [{"text": t, "label": y, "split": s} for t, y, s in zip(texts, labels, splits, strict=True)]
        (folder / "texts.json").write_text("\n".join(json.dumps(row) for row in rows))
        columns = {"input": "text", "split": "split"}
        return {"kind": "table", "format": "json", "path": str(folder), "columns": columns}
    with (folder / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "split"])
        for row, pixels in enumerate(some_images(ROWS, (16, 12, 3))):
            PIL.Image.fromarray(pixels).save(folder / f"{row:02d}.png")
            writer.writerow([f"{row:02d}.png", labels[row], splits[row]])
    return {"kind": "folder", "path": str(folder), "labels": "labels.csv"}


def configuration(folder: Path, content: str, task: str) -> Configuration:
    """Of a table in `folder` whose records are written; network and run are still to be named."""
    source = write_raw(folder / "raw", content, task)
    form: dict[str, Any] = {"input": "text", "text": {"tokens": {"min_count": 1}}} if content == "texts" else {
        "image": IMAGE
    }  # fmt: skip
    return Configuration.model_validate(
        {
            "data": {"source": source, "table": str(folder / "table")},
            "prepare": {"task": task, **form},
            "model": {"file": "later"},
            "train": {"run": "later", "ranks": 2, "batch_size": 4, "epochs": 1, "optimizer": {"name": "sgd"}},
        }
    )


def prepared(folder: Path, content: str, task: str) -> Configuration:
    """`configuration`, its table prepared; two ranks take two steps an epoch."""
    made = configuration(folder, content, task)
    prepare(made)
    return made
