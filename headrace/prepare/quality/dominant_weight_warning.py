"""Add up sample weights, and warn of one that outweighs all others together."""

from dataclasses import dataclass

# Of fewer records, one may well have half of the weight.
MIN_ROWS = 20


@dataclass
class SampleWeights:
    """The sample weights of one task, or of all tasks.

    Attributes:
        rows: number of records.
        total: sum of their weights.
        largest: the largest weight.
        path: of the record with it.
    """

    rows: int = 0
    total: float = 0.0
    largest: float = 0.0
    path: str = ""

    def add(self, weight: float, path: str) -> None:
        """Add the weight of a record."""
        self.update(SampleWeights(1, weight, weight, path))

    def update(self, other: "SampleWeights") -> None:
        """Add the weights of another task."""
        self.largest, self.path = max((self.largest, self.path), (other.largest, other.path))
        self.rows += other.rows
        self.total += other.total

    def warning(self) -> str | None:
        """Return a warning if one record has more than half of the weight of all; otherwise None."""
        if self.rows < MIN_ROWS or 2 * self.largest <= self.total:
            return None
        return (
            f"The weight of {self.path!r}, {self.largest:.7g}, is {self.largest / self.total:.0%} of the weights of "
            f"all {self.rows:,} records, so that training learns little from the others. Correct it if it is wrong."
        )
