"""Format numbers, quantities, lists of names and paths for messages, tables and pages."""

import math
import re
import reprlib
from codecs import getincrementaldecoder
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from difflib import get_close_matches

ENDINGS_WITH_ES = ("s", "x", "ch", "sh")
# Minimum similarity, 0 to 1, at which a known name is suggested: for lable label, but not test for text.
CLOSE = 0.79


def quantity(amount: int, noun: str) -> str:
    """Return `amount` with thousands separators and its noun: `1 rank`, `4 ranks`, `1,200 classes`.

    Args:
        noun: in the singular, with words before it if there are any, such as `new file`.
    """
    return f"{amount:,} {noun if amount == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """Return the plural of a noun that ends as in `quantity`: `ranks`, `classes`."""
    # The ch of an epoch is a k.
    takes_es = noun.endswith(ENDINGS_WITH_ES) and not noun.endswith("epoch")
    return f"{noun}{'es' if takes_es else 's'}"


def quantity_has(amount: int, noun: str) -> str:
    """Return `quantity` with its verb: `1 class has`, `2 classes have`."""
    return f"{quantity(amount, noun)} {'has' if amount == 1 else 'have'}"


def number(value: float) -> str:
    """Return a number with four significant digits; with an exponent below 0.0001 and from 1,000,000 on."""
    if not math.isfinite(value):
        return str(value)
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        decimals = 3 - math.floor(math.log10(abs(value))) if value else 0
        return f"{value:,.{max(0, min(decimals, 7))}f}"
    return f"{value:.3e}"


def figure(value: float) -> str:
    """Return a metric with four decimals, so that columns align; as `number` below 0.001 and from 1,000 on."""
    return f"{value:.4f}" if value == 0 or 0.001 <= abs(value) < 1000 else number(value)


def signed_figure(value: float) -> str:
    """Return a difference as `figure` with its sign: `+0.0123`, `-3.000e-08`."""
    return f"{'-' if value < 0 else '+'}{figure(abs(value))}"


def figure_unlike(value: float, *limits: float | None) -> str:
    """Return a metric as `figure`; with more digits if it would look like one of `limits` although it is not equal."""
    text = figure(value)
    looks_like = float(text.replace(",", ""))
    return f"{value:.10g}" if looks_like != value and looks_like in limits else text


def data_size(size: int) -> str:
    """Return a number of bytes in the decimal unit that fits: `842 bytes`, `31.8 kB`, `1.2 GB`."""
    if size < 1000:
        return quantity(size, "byte")
    # 999,950 bytes would be 1000.0 kB.
    exponent = next((power for power in (1, 2, 3) if size / 1000**power < 999.95), 4)
    return f"{size / 1000**exponent:,.1f} {('kB', 'MB', 'GB', 'TB')[exponent - 1]}"


def short_repr(value: object, length: int = 60) -> str:
    """Return a value as Python writes it; a longer one with its first items, and dots for the rest of each."""
    shown = repr(value)
    if len(shown) <= length:
        return shown
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = brief.maxlong = length if isinstance(value, str) else length // 2
    brief.maxlevel = brief.maxlist = brief.maxtuple = brief.maxdict = 2
    return brief.repr(value)


def join_names(names: Sequence[object], shown: int = 8) -> str:
    """Return the first `shown` names, separated by commas, and the number of the others."""
    listed = ", ".join(map(str, names[:shown]))
    return f"{listed} and {len(names) - shown} more" if len(names) > shown else listed


def column_title(name: str) -> str:
    """Return the name of a column for messages; that of an index which pandas wrote to CSV is empty."""
    return name or "(no name)"


def close_name_question(name: str, known: Sequence[str]) -> str:
    """Return a question about the one of the `known` names that a name may mean, in any case; nothing without one."""
    folded = {one.strip().casefold(): one for one in reversed(known)}
    close = get_close_matches(name.strip().casefold(), folded, 1, CLOSE)
    return f" Is {folded[close[0]]!r} meant?" if close else ""


def shortest_suffixes(names: Sequence[str], separator: str, vague: Collection[str] = ()) -> list[str]:
    """Return the shortest unique suffix of each name: b/run, not run, for a/b/run beside a/run.

    Args:
        vague: last parts that say nothing without the part before them.
    """
    parts = [name.split(separator) for name in names]
    return [separator.join(_suffix(one, [other for other in parts if other != one], vague)) for one in parts]


def _suffix(parts: list[str], others: list[list[str]], vague: Collection[str]) -> list[str]:
    lengths = range(2 if parts[-1] in vague else 1, len(parts))
    return next((parts[-length:] for length in lengths if all(o[-length:] != parts[-length:] for o in others)), parts)


ESCAPE_LIKE = re.compile(rb"\\(?=x[0-9a-f]{2})")


def file_start(data: bytes, length: int = 16) -> str:
    """Return the start of a file for messages: as quoted text if all of it can be printed, else as bytes in hex."""
    start = data[:length]
    with suppress(UnicodeDecodeError):
        # Unlike bytes.decode, it accepts a last character that is cut.
        text = " ".join(getincrementaldecoder("utf-8")().decode(start).split())
        if text and text.isprintable():
            return repr(text)
    return f"the bytes {start.hex(' ')}"


def escape_path(path: str) -> str:
    """Return `path` as storable text: bytes of a file name that are not UTF-8 appear as \\x escapes.

    A backslash that would read as the beginning of one is escaped itself, so that no two paths become the same text.
    """
    name = ESCAPE_LIKE.sub(rb"\\x5c", path.encode("utf-8", "surrogateescape"))
    return name.decode("utf-8", "backslashreplace")


def escape_text(text: str) -> str:
    """Return `text` as storable text like `escape_path`; the backslashes that it has stay as they are."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def shorten(texts: Sequence[str], shown: int = 5) -> str:
    """Return the first texts, separated by commas, and dots if there are more."""
    return ", ".join(texts[:shown]) + (", ..." if len(texts) > shown else "")


def natural_sort(labels: Iterable[str]) -> tuple[str, ...]:
    """Return `labels` in natural order: alphabetically, with numbers by value (2 before 10)."""

    def rank(label: str) -> tuple[bool, int, str]:
        number = re.fullmatch(r"\d{1,18}", label)
        return number is None, int(label) if number else 0, label

    return tuple(sorted(labels, key=rank))
