"""A small CSV file of texts with two classes."""

import csv
from pathlib import Path

WORDS = {"good": ("works", "lovely", "quick"), "bad": ("broke", "ugly", "slow")}


def write_texts(path: Path, count: int = 60) -> Path:
    """Write `count` different texts of each class below a header `text,label`, and return the path."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("text", "label"))
        for number in range(count):
            rows.writerows((f"It {words[number % 3]}, number {number}.", name) for name, words in WORDS.items())
    return path
