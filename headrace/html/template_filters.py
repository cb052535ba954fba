"""Formatting of numbers on pages: counts, percentages, durations, rates."""

import math
import re

from headrace.html.axis_scale import ROUNDING
from headrace.wording import figure, number, quantity

SPELLED = {
    "macro_f1": "Macro F1",
    "micro_f1": "Micro F1",
    "roc_auc": "Area under the ROC curve, mean over classes",
    "average_precision": "Average precision, mean over classes",
    "brier_score": "Brier score",
    "r_squared": "R²",
    "mean_iou": "Mean IoU",
    "mean_dice": "Mean Dice",
    "ndcg_at_10": "NDCG at 10",
}
ABBREVIATIONS = {"auc": "AUC", "dice": "Dice", "f1": "F1", "iou": "IoU", "roc": "ROC"}


def count(value: float) -> str:
    """Format a whole number with thousands separators: `70,000`."""
    return f"{value:,.0f}" if math.isfinite(value) else str(value)


def percent(fraction: float, rows: int) -> str:
    """Format a fraction of `rows` as a percentage: 2 decimals from 5,000 rows on, else 1."""
    return f"{100 * fraction:.{2 if rows >= 5000 else 1}f}%"


def probability(value: float) -> str:
    """Format a probability as a percentage; only exactly 0 and 1 become 0.0% and 100.0%."""
    if 0 < value < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= value < 1 else f"{100 * value:.1f}%"


def is_fraction(name: str) -> bool:
    """Return whether the metric `name` ranges from 0 to 1 and is formatted as a percentage."""
    return any(word in name for word in ("accuracy", "recall", "coverage", "exact_match"))


def is_bounded(name: str) -> bool:
    """Return whether the metric `name` ranges from 0 to 1, formatted as a percentage or not."""
    return is_fraction(name) or any(
        word in name for word in ("auc", "dice", "f1", "iou", "ndcg", "precision", "reciprocal")
    )


def metric(value: float, name: str) -> str:
    """Format a metric as a percentage with two decimals, or as a figure."""
    is_share = is_fraction(name) and within_0_and_1(value)
    return f"{100 * min(max(value, 0.0), 1.0):.2f}%" if is_share else figure(value)


def within_0_and_1(value: float) -> bool:
    """Return whether a value is a fraction, up to the rounding of 32-bit floats."""
    return -ROUNDING <= value <= 1 + ROUNDING


def rate(value: float) -> str:
    """Format a rate; without decimals from 100 on."""
    return count(value) if value >= 100 else number(value)


def duration(seconds: float) -> str:
    """Format seconds in the two largest units: `42.3 s`, `3 min 12 s`, `1 h 04 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60:,} h {minutes % 60:02d} min"


def moment(text: str) -> str:
    """Format an ISO 8601 time to the minute, `2026-03-01 14:05 UTC`; return other text unchanged."""
    day, separator, clock = text.partition("T")
    if not separator:
        return text
    zone = " UTC" if clock.endswith(("Z", "+00:00")) else ""
    return f"{day} {clock[:5]}{zone}"


def words(name: str) -> str:
    """Return an identifier as words: `not_an_image` becomes `not an image`, and `val_loss` `validation loss`.

    A row is a sample of the training; as audio has samples too, all texts call it a row.
    """
    name = "rows_per_second" if name == "samples_per_second" else name
    return re.sub("^val_", "validation ", name).replace("_", " ")


def sentence(text: str) -> str:
    """Return `text` with a capital letter at its beginning, and with the usual spelling of abbreviations."""
    spelled = " ".join(ABBREVIATIONS.get(word, word) for word in text.split(" "))
    return spelled[:1].upper() + spelled[1:]


def metric_name(name: str) -> str:
    """Return a metric's display name: `macro_f1` becomes `Macro F1`."""
    return SPELLED.get(name) or sentence(words(name))


FILTERS = {
    "count": count,
    "percent": percent,
    "probability": probability,
    "number": number,
    "metric": metric,
    "rate": rate,
    "duration": duration,
    "moment": moment,
    "words": words,
    "sentence": sentence,
    "metric_name": metric_name,
    "quantity": quantity,
}
