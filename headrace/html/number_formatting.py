"""How figures are written on the page: counts, percentages, durations, rates."""

import math

SPELLED = {
    "macro_f1": "Macro F1",
    "micro_f1": "Micro F1",
    "roc_auc": "Area under the ROC curve, mean of classes",
    "average_precision": "Average precision, mean of classes",
    "brier_score": "Brier score",
    "r_squared": "R²",
}


def count(value: float) -> str:
    """A whole number with its thousands separated: `70,000`."""
    return f"{value:,.0f}" if math.isfinite(value) else str(value)


def percent(fraction: float, rows: int) -> str:
    """A fraction of `rows` as a percentage, with no more decimals than so many rows can support."""
    return f"{100 * fraction:.{2 if rows >= 5000 else 1}f}%"


def probability(value: float) -> str:
    """As a percentage; never 0.0% or 100.0% for what is neither."""
    if 0 < value < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= value < 1 else f"{100 * value:.1f}%"


def number(value: float) -> str:
    """Four significant digits, without an exponent where it can be avoided."""
    if not math.isfinite(value):
        return str(value)
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        decimals = 3 - math.floor(math.log10(abs(value))) if value else 0
        return f"{value:,.{max(0, min(decimals, 7))}f}"
    return f"{value:.3e}"


def is_fraction(name: str) -> bool:
    """Whether the metric `name` lies between 0 and 1 and is read as a percentage."""
    return any(word in name for word in ("accuracy", "recall", "exact_match"))


def metric(value: float, name: str) -> str:
    """A metric's value: a percentage with two decimals, or four decimals, so that a column of them lines up."""
    if is_fraction(name) and 0 <= value <= 1:
        return f"{100 * value:.2f}%"
    return f"{value:.4f}" if 0.001 <= abs(value) < 1000 else number(value)


def rate(value: float) -> str:
    """Something per second: whole from 100 on."""
    return count(value) if value >= 100 else number(value)


def duration(seconds: float) -> str:
    """In the two largest units that matter: `42.3 s`, `3 min 12 s`, `1 h 04 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60:,} h {minutes % 60:02d} min"


def moment(text: str) -> str:
    """An ISO 8601 time to the minute, `2026-03-01 14:05 UTC`; anything else as it stands."""
    day, separator, clock = text.partition("T")
    if not separator:
        return text
    zone = " UTC" if clock.endswith(("Z", "+00:00")) else ""
    return f"{day} {clock[:5]}{zone}"


def words(name: str) -> str:
    """A name from a file as words: `not_an_image` becomes `not an image`."""
    return name.replace("_", " ")


def metric_name(name: str) -> str:
    """A metric's name for people: `macro_f1` becomes `Macro F1`."""
    return SPELLED.get(name) or words(name).capitalize()


def quantity(amount: float, noun: str) -> str:
    """`1 rank`, `4 ranks`, `10 classes`."""
    ending = "" if amount == 1 else "es" if noun.endswith("s") else "s"
    return f"{count(amount)} {noun}{ending}"


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
    "metric_name": metric_name,
    "quantity": quantity,
}
