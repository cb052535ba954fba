"""Tables of a few real records: images, texts, sounds, rows, and all but sounds together; of classes and of numbers."""

import csv
import json
from pathlib import Path
from typing import Any

import PIL.Image

from headrace.config import Configuration
from headrace.prepare.job import prepare
from tests.support.small_table import some_images
from tests.support.sounds import encode_sound, tone

ROWS = 24
KINDS = [
    (content, task)
    for content in ("images", "texts", "sounds", "rows", "records", "vectors")
    for task in ("classification", "regression")
]
KINDS += [("masks", "mask"), ("records", "retrieval")]
KINDS += [(content, "vector") for content in ("images", "rows", "records", "vectors")]
WORDS = ("river", "mill", "wheel", "gate", "stone", "flour", "weir", "sluice")
SOUND: dict[str, Any] = {"rate": 2000, "seconds": 0.5}
# The section `prepare` of each kind of content.
INPUTS: dict[str, dict[str, Any]] = {
    "images": {"image": {"mode": "RGB", "size": [16, 12], "codec": "raw"}},
    "texts": {"input": "text", "text": {"tokens": {"min_count": 1}}},
    "sounds": {"input": "audio", "audio": SOUND},
    "vectors": {"input": "vector", "vector": {"column": "embedding", "size": 3}},
    "rows": {"input": "tabular", "tabular": {"numbers": ["size"], "categories": ["kind"], "min_count": 1}},
}
INPUTS["masks"] = INPUTS["images"]
INPUTS["records"] = {
    "inputs": {
        "photo": {"kind": "image", "column": "file", **INPUTS["images"]["image"]},
        "title": {"kind": "text", "column": "text", **INPUTS["texts"]["text"]},
        "costs": {"kind": "tabular", **INPUTS["rows"]["tabular"]},
    }
}


def row_label(row: int, task: str) -> str:
    """Return the label of a row: a number, three of them, or one of three classes."""
    if task == "vector":
        return json.dumps(row_vector(row))
    return str(row / 4) if task == "regression" else ("bag", "boot", "coat")[row % 3]


def row_vector(row: int) -> list[float]:
    """Return a vector of three numbers."""
    return [row / 4, -row / 3, (row % 5) * 10.0]


def write_raw(folder: Path, content: str, task: str) -> dict[str, Any]:
    """Write raw records, two thirds of them for training, and return the section `data.source` that reads them."""
    folder.mkdir(parents=True)
    splits = ["test" if row % 3 == 0 else "train" for row in range(ROWS)]
    labels = [row_label(row, task) for row in range(ROWS)]
    if content in ("texts", "rows", "records", "vectors"):
        columns = {"split": "split"} | ({"input": "text"} if content == "texts" else {})
        rows = [
            {**record_cells(folder, content, row), "label": labels[row], "split": splits[row]} for row in range(ROWS)
        ]
        (folder / f"{content}.json").write_text("\n".join(json.dumps(row) for row in rows))
        return {"kind": "table", "format": "json", "path": str(folder / f"{content}.json"), "columns": columns}
    with (folder / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "split"])
        for row in range(ROWS):
            name = write_file(folder, content, row)
            writer.writerow([name, write_mask(folder, row) if task == "mask" else labels[row], splits[row]])
    return {"kind": "folder", "path": str(folder), "labels": "labels.csv"}


def record_cells(folder: Path, content: str, row: int) -> dict[str, Any]:
    """Return the cells of a row, without its label, and write the image that they name."""
    text = " ".join(WORDS[(row * step) % 8] for step in range(1, 4 + row % 5)) + f" {row}"
    if content == "vectors":
        return {"embedding": row_vector(row)}
    cells = {"size": row / 3, "kind": WORDS[row % 8]}
    if content == "records":
        return {"file": write_file(folder, "images", row), "text": text, **cells}
    return {"text": text} if content == "texts" else cells


def write_file(folder: Path, content: str, row: int) -> str:
    """Write an image or a sound, and return the name of its file."""
    if content == "sounds":
        name = f"{row:02d}.wav"
        (folder / name).write_bytes(encode_sound(tone(200.0 + 20 * row, 0.5, SOUND["rate"], row), SOUND["rate"]))
        return name
    name = f"{row:02d}.png"
    PIL.Image.fromarray(some_images(ROWS, (16, 12, 3))[row]).save(folder / name)
    return name


def write_mask(folder: Path, row: int) -> str:
    """Write a mask of three classes for the image of a row, and return the name of its file."""
    pixels = some_images(ROWS, (16, 12, 3))[row]
    (folder / "masks").mkdir(exist_ok=True)
    mask = (pixels[..., 0] > 100).astype("uint8") + (pixels[..., 1] > 100)
    PIL.Image.fromarray(mask).save(folder / f"masks/{row:02d}.png")
    return f"masks/{row:02d}.png"


def make_configuration(folder: Path, content: str, task: str) -> Configuration:
    """Write raw records and return the configuration of a table in `folder`; network and run are set later."""
    source = write_raw(folder / "raw", content, task)
    inputs: dict[str, Any] = INPUTS[content]
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
