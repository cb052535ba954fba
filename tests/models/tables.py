"""Tables of a few real records: images and texts, for classification and regression."""

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


def row_label(row: int, task: str) -> str:
    """Return the label of a row: a number or one of three classes."""
    return str(row / 4) if task == "regression" else ("bag", "boot", "coat")[row % 3]


def write_raw(folder: Path, content: str, task: str) -> dict[str, Any]:
    """Write raw records, two thirds of them for training, and return the section `data.source` that reads them."""
    folder.mkdir(parents=True)
    splits = ["test" if row % 3 == 0 else "train" for row in range(ROWS)]
    labels = [row_label(row, task) for row in range(ROWS)]
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


def make_configuration(folder: Path, content: str, task: str) -> Configuration:
    """Write raw records and return the configuration of a table in `folder`; network and run are set later."""
    source = write_raw(folder / "raw", content, task)
    inputs: dict[str, Any] = {"input": "text", "text": {"tokens": {"min_count": 1}}} if content == "texts" else {
        "image": IMAGE
    }  # fmt: skip
    return Configuration.model_validate(
        {
            "data": {"source": source, "table": str(folder / "table")},
            "prepare": {"task": task, **inputs},
            "model": {"file": "later"},
            "train": {"run": "later", "ranks": 2, "batch_size": 4, "epochs": 1, "optimizer": {"name": "sgd"}},
        }
    )


def prepare_table(folder: Path, content: str, task: str) -> Configuration:
    """Prepare the table and return its configuration; two ranks take two steps per epoch."""
    made = make_configuration(folder, content, task)
    prepare(made)
    return made
