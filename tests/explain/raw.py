"""Raw input files with known classes."""

import json
from pathlib import Path

import PIL.Image

from tests.support.trained_bundles import patched, sentences


def write_images(folder: Path, rows: int = 3) -> Path:
    """Write PNG files 0.png, 1.png ... whose classes alternate; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, pixels in enumerate(patched(rows, seed=7).pixels):
        PIL.Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def write_texts(file: Path, rows: int = 3) -> Path:
    """Write a JSON Lines file with a text per row in the column `review`, whose classes alternate; return the file."""
    texts, _ = sentences(rows)
    file.write_text("".join(json.dumps({"review": text, "stars": 1}) + "\n" for text in texts))
    return file
