"""Raw inputs of known classes, as a user has them."""

import json
from pathlib import Path

import PIL.Image

from tests.support.trained_bundles import patched, sentences


def write_images(folder: Path, rows: int = 3) -> Path:
    """PNG files 0.png, 1.png ... of classes in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, pixels in enumerate(patched(rows, seed=7).pixels):
        PIL.Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def write_texts(file: Path, rows: int = 3) -> Path:
    """A text in each row, in the column `review`, of classes in turn."""
    texts, _ = sentences(rows)
    file.write_text("".join(json.dumps({"review": text, "stars": 1}) + "\n" for text in texts))
    return file
