"""Warn of a test split with too few rows to distinguish two models."""

from headrace.compare.deciding_row_counts import min_deciding_rows
from headrace.wording import quantity

# With fewer test rows, the least change that can be distinguished from chance at 95% confidence is more than 0.05 of
# them.
FEW_ROWS = 100


def few_rows_warning(rows: int, confidence: float, version: object) -> str:
    """Return a sentence if `rows` test rows are too few to distinguish improvements from chance; else no text."""
    if rows >= FEW_ROWS:
        return ""
    needed = min_deciding_rows(confidence)
    which = (
        f"two models that differ on fewer than {needed} of them ({needed / rows:.0%})" if rows >= needed else "models"
    )
    return (
        f"The test split of {version} has only {quantity(rows, 'row')}: {which} cannot be distinguished with "
        f"{confidence:.0%} confidence. Prepare more test data, and set retrain.test_version: newest to test on it."
    )
