"""Fashion-MNIST in five daily portions, to try `headrace retrain`.

Each day adds a fifth of the training images; day 1 also adds all test images. Day 3 swaps the labels of two classes,
day 4 contains many broken files, and the images of day 5 are darker. The faults of days 3 and 4 are fixed the next day.

    python pipelines/simulate_daily_data.py FOLDER DAY [--limit N]
"""

import argparse
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from headrace.fetch.dataset_formats.dataset_written_as_images import Split, balanced_subset
from headrace.fetch.datasets.fashion_mnist import CLASSES, DATASET

DAYS = 5
SWAPPED = {"sandal": "sneaker", "sneaker": "sandal"}
BROKEN_SHARE = 0.5
BRIGHTNESS = 0.4


def main() -> None:
    """Update the folder to the state of the day; the last line on standard output is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of the raw images")
    parser.add_argument("day", type=int, choices=range(1, DAYS + 1))
    parser.add_argument(
        "--limit",
        type=int,
        default=60_000,
        help="number of training images of all days (and a sixth as many test images)",
    )
    options = parser.parse_args()
    print(json.dumps(write_day(options.folder, options.day, options.limit)))


def write_day(folder: Path, day: int, limit: int) -> dict[str, int | str]:
    """Write the missing files that arrive up to `day`, and remove files that a later day fixes."""
    splits, _ = DATASET.read()
    wanted = dict(_named(splits["test"], balanced_subset(splits["test"].labels, limit // 6), "test/{}/{:05d}.png"))
    for number in range(1, day + 1):
        wanted |= _daily_images(splits["train"], number, limit, with_faults=number == day)
    existing = {str(file.relative_to(folder)) for file in folder.rglob("*.png")}
    for name in existing - wanted.keys():
        (folder / name).unlink()
    # Keep existing files and their modification times, so that preparation reads only new ones.
    for name in wanted.keys() - existing:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(wanted[name])
    return {"folder": str(folder), "day": day, "files": len(wanted), "new": len(wanted.keys() - existing)}


def _daily_images(train: Split, day: int, limit: int, *, with_faults: bool) -> dict[str, bytes]:
    """Return the files of one day by name, with or without its faults."""
    rows = balanced_subset(train.labels, limit)[day - 1 :: DAYS]
    images = train.images if day < DAYS else (train.images * BRIGHTNESS).astype(np.uint8)
    files = dict(_named(Split(images, train.labels), rows, f"train/{{}}/day{day}-{{:05d}}.png"))
    if with_faults and day == 3:
        return {_swapped(name): data for name, data in files.items()}
    if with_faults and day == 4:
        broken = list(files.items())[: int(len(files) * BROKEN_SHARE)]
        files |= {name.replace("day4", "day4-broken"): data[: len(data) // 2] for name, data in broken}
    return files


def _named(split: Split, rows: NDArray[np.intp], pattern: str) -> Iterator[tuple[str, bytes]]:
    for row in rows:
        buffer = io.BytesIO()
        Image.fromarray(split.images[row]).save(buffer, "png", compress_level=1)
        yield pattern.format(CLASSES[split.labels[row]], row), buffer.getvalue()


def _swapped(name: str) -> str:
    split, label, file = name.split("/")
    return f"{split}/{SWAPPED.get(label, label)}/{file}"


if __name__ == "__main__":
    main()
