"""Which columns of a table of choices are the chosen item, the history of ids and what else is known before it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace.prepare.preview.column_roles import ColumnRoles
from headrace.prepare.readers import cell_to_text

# Names of columns, without `_id` at their end.
ITEMS = ("item", "product", "movie", "film", "book", "song", "track", "article", "document", "sku", "asin")
PEOPLE = ("user", "person", "customer", "visitor", "session", "reader", "member", "client", "account")
TIMES = ("time", "timestamp", "date", "datetime", "at", "when", "ts", "unixtime", "unix_time")
RATINGS = ("rating", "stars", "score", "preference")
HISTORIES = ("history", "previous", "earlier", "before")
SEPARATORS = ("|", ",", ";", "/")
# Of the words of a history, those that are items of the sample: it holds only some of the items.
SHARE_OF_ITEMS = 0.5


@dataclass(frozen=True, kw_only=True)
class ChoiceColumns:
    """Columns of a table of choices.

    Attributes:
        item: the chosen item; None if no column is likely.
        history: ids of the items that were chosen before; None without one.
        person: who chose; None without one.
        time: when; None without one.
        left_out: columns that are no input, with why.
    """

    item: str | None
    history: str | None
    person: str | None
    time: str | None
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    left_out: dict[str, str]

    @property
    def is_raw(self) -> bool:
        """Whether the rows are events of people, of which nobody has made histories yet."""
        is_event = None not in (self.item, self.person, self.time)
        return is_event and self.history is None and not self.numbers and not self.categories


def guess_choices(cells: Mapping[str, list[Any]], roles: ColumnRoles, label: str | None) -> ChoiceColumns:
    """Return the columns of choices.

    Args:
        cells: the cells of each column.
        roles: what the columns can be for a model of rows.
        label: the column of the chosen item; None takes one with a usual name, or the one whose values a history has.
    """
    texts = {name: [cell_to_text(value) or "" for value in values] for name, values in cells.items()}
    item = label or _named(texts, ITEMS)
    history = _find_history(texts, item)
    person, time, rating = (_named(texts, names) for names in (PEOPLE, TIMES, RATINGS))
    time = time or (roles.times[0] if roles.times else None)
    why = {
        person: "who chose", time: "when", rating: "known only after the choice", item: "", history: "",
        roles.split: "",
    }  # fmt: skip
    # The column that is the label of a model of rows is an input like others, unless it is the item.
    other = () if roles.label is None else (roles.label,)
    numbers = (*roles.numbers, *(other if roles.is_numeric else ()))
    categories = (*roles.categories, *(() if roles.is_numeric else other))
    return ChoiceColumns(
        item=item,
        history=history,
        person=person,
        time=time,
        numbers=tuple(name for name in numbers if name not in why),
        categories=tuple(name for name in categories if name not in why),
        left_out={name: reason for name, reason in why.items() if name is not None and reason and name != item},
    )


def other_separator(history: list[Any], items: list[Any]) -> str | None:
    """Return what separates the items of histories in place of a space; None if a space does, or nothing is known.

    Args:
        history: cells of the history.
        items: cells of the chosen item.
    """
    cells, known = [cell_to_text(cell) or "" for cell in history], {cell_to_text(item) for item in items}
    if any(" " in cell.strip() for cell in cells):
        return None
    counts = {one: sum(part.strip() in known for cell in cells for part in cell.split(one)[1:]) for one in SEPARATORS}
    best = max(counts, key=lambda one: counts[one])
    return best if counts[best] else None


def choice_values(columns: ChoiceColumns, split: str | None) -> dict[str, Any]:
    """Return the values by key of a configuration that name the columns; a None removes the key's line or section."""
    row = bool(columns.numbers or columns.categories)
    person = {"numbers": [*columns.numbers], "categories": [*columns.categories]} if row else {"person": None}
    history = {"history": None} if columns.history is None else {"column": columns.history}
    return {"label": columns.item, "split": split} | history | person


def _named(texts: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """Return the column with the first of the names that one has, in any case, perhaps with `id` at its end."""
    folded = {name.lower().removesuffix("id").rstrip("_ "): name for name in reversed(list(texts))}
    return next((folded[name] for name in names if name in folded), None)


def _find_history(texts: Mapping[str, list[str]], item: str | None) -> str | None:
    """Return the column of several words in a cell most of which are items, or one with the name of a history."""
    items = set(texts.get(item, ())) if item is not None else set()
    for name, cells in texts.items():
        words = [word for cell in cells if " " in cell for word in cell.split()]
        if name != item and words and sum(word in items for word in words) >= SHARE_OF_ITEMS * len(words):
            return name
    return _named(texts, HISTORIES)
