"""Choices that follow from the last item of a history: a small catalogue whose order a model can learn."""

import csv
import json
from pathlib import Path

import numpy as np

ITEMS = 60
COLUMNS = ("history", "age", "group", "item", "split")


def write_choices(file: Path, rows: int, seed: int = 0, items: int = ITEMS) -> None:
    """Write rows of a CSV file, or of JSON Lines: the next item is one of the three after the last one.

    A tenth of the choices is of any item; low numbers are chosen more often.
    """
    random = np.random.default_rng(seed)
    splits = ["train"] * (rows * 7 // 10) + ["val"] * (rows * 3 // 20)
    splits += ["test"] * (rows - len(splits))
    made = []
    for row in range(rows):
        history = np.minimum(random.geometric(0.04, random.integers(0, 5)) - 1, items - 1).tolist()
        last = history[-1] if history else 0
        item = random.integers(0, items) if random.random() < 0.1 else (last + random.integers(1, 4)) % items
        words = " ".join(f"i{one}" for one in history)
        made.append((words, str(random.integers(18, 80)), "ab"[row % 2], f"i{item}", splits[row]))
    with file.open("w", newline="") as lines:
        if file.suffix == ".jsonl":
            lines.writelines(json.dumps(dict(zip(COLUMNS, one, strict=True))) + "\n" for one in made)
        else:
            csv.writer(lines).writerows([COLUMNS, *made])
