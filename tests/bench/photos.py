"""Photos of 500 x 375 pixels, cut from those that scikit-image and scikit-learn ship; no two are equal."""

from pathlib import Path

import numpy as np
import PIL.Image
import skimage
import sklearn.datasets

from headrace.config import Configuration
from headrace.config.configuration_model import Image

HEIGHT, WIDTH = 375, 500
WORKERS = 2
FORM = Image(size=(224, 224), codec="jpeg")
NAMES = ("astronaut.png", "coffee.png", "chelsea.png")


def write_photos(folder: Path, count: int, classes: int = 4) -> None:
    """Write `count` JPEG files of quality 90 to `classes` class folders."""
    random = np.random.default_rng(0)
    originals = [image.convert("RGB") for image in _originals()]
    for number in range(count):
        file = folder / f"class{number % classes}" / f"{number:06d}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        _cut(originals[number % len(originals)], random).save(file, quality=90)


def _originals() -> list[PIL.Image.Image]:
    """Return the photos that scikit-image and scikit-learn ship."""
    shipped = [Path(skimage.__file__).parent / "data" / name for name in NAMES]
    shipped += sorted((Path(sklearn.datasets.__file__).parent / "images").glob("*.jpg"))
    return [PIL.Image.open(file) for file in shipped if file.exists()]


def _cut(image: PIL.Image.Image, random: np.random.Generator) -> PIL.Image.Image:
    """Return a part of `image` of random position and size, mirrored or not."""
    scale = min(image.width / WIDTH, image.height / HEIGHT) * random.uniform(0.6, 1.0)
    width, height = WIDTH * scale, HEIGHT * scale
    left, top = random.uniform(0, image.width - width), random.uniform(0, image.height - height)
    part = image.resize((WIDTH, HEIGHT), PIL.Image.Resampling.LANCZOS, (left, top, left + width, top + height))
    return part.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else part


def photo_configuration(raw: Path, table: Path) -> Configuration:
    """Return a configuration that prepares the photos in `raw` with `WORKERS` concurrent tasks, all for training."""
    tree = {
        "data": {"source": {"path": str(raw)}, "table": str(table)},
        "prepare": {"image": FORM.model_dump(mode="json"), "splits": {"train": 1.0, "val": 0.0, "test": 0.0}},
        "model": {"file": "unused.py"},
        "train": {"run": "unused"},
        "spark": {"slots": WORKERS},
    }
    return Configuration.model_validate(tree)
