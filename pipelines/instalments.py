"""Fashion-MNIST as it might arrive in five days, for trying `headrace retrain`.

Every day brings a fifth of the training images, the first one all test images too. In what day 3 brings, the labels of
two classes are swapped; among the files of day 4 many are broken; the images of day 5 are darker. What was wrong with
a day has been mended by the next.

    python pipelines/instalments.py FOLDER DAY [--limit N]
"""

import argparse
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from headrace.fetch.class_folders import Split, balanced_subset
from headrace.fetch.datasets.fashion_mnist import CLASSES, DATASET

DAYS = 5
SWAPPED = {"sandal": "sneaker", "sneaker": "sandal"}
BROKEN_PART = 0.5
DARKER = 0.4


def main() -> None:
    """Bring the folder to the state of the day; the last line on standard output is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of the raw images")
    parser.add_argument("day", type=int, choices=range(1, DAYS + 1))
    parser.add_argument("--limit", type=int, default=60_000, help="training images of all days; a sixth as many test")
    options = parser.parse_args()
    print(json.dumps(feed(options.folder, options.day, options.limit)))


def feed(folder: Path, day: int, limit: int) -> dict[str, int | str]:
    """Write what has arrived by `day` and is not there yet, and remove what was mended."""
    splits, _ = DATASET.read()
    wanted = dict(_named(splits["test"], balanced_subset(splits["test"].labels, limit // 6), "test/{}/{:05d}.png"))
    for number in range(1, day + 1):
        wanted |= _instalment(splits["train"], number, limit, as_it_arrived=number == day)
    there = {str(file.relative_to(folder)) for file in folder.rglob("*.png")}
    for name in there - wanted.keys():
        (folder / name).unlink()
    # What is there stays untouched, with its time: only what is new is prepared.
    for name in wanted.keys() - there:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(wanted[name])
    return {"folder": str(folder), "day": day, "files": len(wanted), "new": len(wanted.keys() - there)}


def _instalment(train: Split, day: int, limit: int, *, as_it_arrived: bool) -> dict[str, bytes]:
    """The files of one day by name; mended unless they are told as they arrived."""
    rows = balanced_subset(train.labels, limit)[day - 1 :: DAYS]
    images = train.images if day < DAYS else (train.images * DARKER).astype(np.uint8)
    files = dict(_named(Split(images, train.labels), rows, f"train/{{}}/day{day}-{{:05d}}.png"))
    if as_it_arrived and day == 3:
        return {_swapped(name): data for name, data in files.items()}
    if as_it_arrived and day == 4:
        broken = list(files.items())[: int(len(files) * BROKEN_PART)]
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
