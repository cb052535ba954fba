"""Count values unlike those of training, and warn of a column, or of texts, where most are.

A number is far if it is more than `FAR` standard deviations from the mean of training. By Chebyshev's inequality at
most 1 % of the values of training are, whatever their distribution, so that skewed columns such as prices raise no
false alarm. One or two numbers are too few to judge their column.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

FAR, MIN_NUMBERS = 10.0, 3
# A column of one value has no spread; a value that differs by less than rounding to 32 bits is the same one.
ROUNDING = 2.0**-23
# A text of which at least this share of the words is unknown has almost no information for a model.
UNKNOWN_WORDS = 0.8
# From this share of such texts in val and test on, the words of training are not those of the texts.
MIN_HELD_OUT, MIN_TEXTS = 0.25, 3
MAX_EXAMPLE = 60

Key = TypeVar("Key")


@dataclass
class Tally:
    """Number of values, how many of them a warning is about, and the first of these."""

    values: int = 0
    affected: int = 0
    example: str = ""

    def add(self, values: int, affected: int, example: str = "") -> None:
        """Count values; `example` is one of the affected ones, if there are any."""
        if affected and not self.affected:
            self.example = example[:MAX_EXAMPLE]
        self.values += values
        self.affected += affected

    @property
    def is_majority(self) -> bool:
        """Return whether more than half of the values are affected."""
        return 2 * self.affected > self.values

    def __str__(self) -> str:
        return f"{self.affected:,} of {self.values:,}"


def merge_tallies(total: dict[Key, Tally], other: Mapping[Key, Tally]) -> None:
    """Add the tallies of another task to `total`."""
    for key, tally in other.items():
        total.setdefault(key, Tally()).add(tally.values, tally.affected, tally.example)


@dataclass(frozen=True)
class TrainingNumbers:
    """A column of numbers as it was in training.

    Attributes:
        noun: the column in a sentence, such as `the number 'size'`.
    """

    noun: str
    mean: float
    variance: float

    def far(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which values are far from those of training."""
        deviation = max(float(np.sqrt(self.variance)), abs(self.mean) * ROUNDING)
        return np.abs(values - self.mean) > FAR * deviation

    def __str__(self) -> str:
        return f"mean {self.mean:.6g}, standard deviation {np.sqrt(self.variance):.3g}"


@dataclass
class UnfamiliarValues:
    """Tallies of the values of one task, or of all tasks.

    Attributes:
        categories: values that are not known, by category.
        missing: missing cells of numbers, by column.
        far: present numbers that are far from those of training, by column.
        texts: texts whose words are almost all unknown, by what the texts are in a sentence.
        held_out: the same of the splits val and test alone.
    """

    categories: dict[str, Tally] = field(default_factory=dict)
    missing: dict[TrainingNumbers, Tally] = field(default_factory=dict)
    far: dict[TrainingNumbers, Tally] = field(default_factory=dict)
    texts: dict[str, Tally] = field(default_factory=dict)
    held_out: dict[str, Tally] = field(default_factory=dict)

    def add_category(self, name: str, rows: int, unknown: int, example: str) -> None:
        """Count rows with a value of a category, and those whose value is not known; `example` is one of these."""
        self.categories.setdefault(name, Tally()).add(rows, unknown, example)

    def add_numbers(self, column: TrainingNumbers, values: NDArray[np.float32], missing: int) -> None:
        """Count the cells of a column: the present `values`, and the missing ones."""
        present = values.astype(np.float64)
        far = np.flatnonzero(column.far(present))
        self.missing.setdefault(column, Tally()).add(len(values) + missing, missing)
        self.far.setdefault(column, Tally()).add(len(values), len(far), f"{present[far[0]]:.6g}" if len(far) else "")

    def add_texts(self, noun: str, texts: int, unknown: int, example: str) -> None:
        """Count texts with words, and those whose words are almost all unknown."""
        self.texts.setdefault(noun, Tally()).add(texts, unknown, example)

    def hold_out(self) -> None:
        """Count the texts of this task as texts of val or test."""
        merge_tallies(self.held_out, self.texts)

    def update(self, other: "UnfamiliarValues") -> None:
        """Add the tallies of another task."""
        for name in ("categories", "missing", "far", "texts", "held_out"):
            merge_tallies(getattr(self, name), getattr(other, name))

    def warnings(self) -> list[str]:
        """Return a line for each column, and for texts, where most values are unlike those of training."""
        return self.name_warnings() + self.number_warnings()

    def name_warnings(self) -> list[str]:
        """Return a line for each category and for texts where most values are not known."""
        categories = [
            f"{tally} values of the category {name!r} are not known from training, such as {tally.example!r}, and all "
            "are one value to a model. Check how they are written."
            for name, tally in self.categories.items()
            if tally.is_majority
        ]
        return categories + [
            f"{tally} {noun} have words of which {UNKNOWN_WORDS:.0%} or more are not known from training, such as "
            f"{tally.example!r}, and these are one word to a model. Check their language, and upper and lower case."
            for noun, tally in self.texts.items()
            if tally.is_majority
        ]

    def held_out_warnings(self) -> list[str]:
        """Return a line if many texts of val and test have no words of the training split, on which a table is fitted.

        With `min_count` 1 every text without spaces is a known word of the training split, and only there.
        """
        return [
            f"{tally} {noun} of val and test have words of which {UNKNOWN_WORDS:.0%} or more are not in the "
            f"vocabulary of the training split, such as {tally.example!r}, and these are one word to a model. If there "
            "are no spaces between words, set prepare.text.tokens.kind to bpe; otherwise lower "
            "prepare.text.tokens.min_count or add texts."
            for noun, tally in self.held_out.items()
            if tally.affected >= max(MIN_TEXTS, MIN_HELD_OUT * tally.values)
        ]

    def number_warnings(self) -> list[str]:
        """Return a line for each column of numbers of which most are missing, or far from those of training."""
        missing = [
            f"{tally} cells of {column.noun} are missing, and become the mean of training, {column.mean:.6g}. Check "
            "whether the column is filled in."
            for column, tally in self.missing.items()
            if tally.is_majority and tally.affected >= MIN_NUMBERS
        ]
        return missing + [
            f"{tally} values of {column.noun} are more than {FAR:g} standard deviations from the mean of training, "
            f"such as {tally.example} ({column}). Check their unit and how they are written."
            for column, tally in self.far.items()
            if tally.is_majority and tally.affected >= MIN_NUMBERS
        ]
