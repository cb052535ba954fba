"""Sort the runs in a folder, and format them as a text table or JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from headrace.config.load import SYNONYMS
from headrace.errors import ConfigurationError
from headrace.html.template_filters import duration, metric
from headrace.runs.run_listing import RunRow
from headrace.runs.settings_differences import differing
from headrace.targets.target_kind_loader import TASKS, target_traits
from headrace.terminal_table import table_width, text_table
from headrace.wording import join_names, shortest_suffixes

MAX_CELL = 28
NARROW_CELL = 14
NOTHING = "-"
# Last parts of keys that say nothing alone: the title of train.optimizer.name is optimizer.name.
VAGUE_KEYS = frozenset({"file", "kind", "mode", "name", "options", "path", "size"})
TEST = "test."
EPOCHS = "train.epochs"
NETWORK_FILE, NETWORK_HASH = "model.file", "model.sha256"
# If the terminal is too narrow, these columns are left out in this order: those with one value, some before the
# settings, and some after them.
OFTEN_EQUAL = ("version", "table", "steps")
BEFORE_SETTINGS, AFTER_SETTINGS = ("steps", "duration", "started"), ("version", "table", "epochs")
# Of these, a run's main metric is the first that it has.
MAIN_METRICS = tuple(
    dict.fromkeys(name for task in TASKS for name in target_traits(task).comparison_metrics if name != "loss")
)


def list_as_json(folder: str, rows: Sequence[RunRow]) -> dict[str, Any]:
    """Return everything that is known of the runs, and by key the settings that differ."""
    return {"folder": folder, "runs": [row.model_dump(mode="json") for row in rows], "differing": _differing(rows)}


def list_as_text(rows: Sequence[RunRow], width: int | None = None) -> str:
    """Return the table, and below it the values that are too long for a cell.

    Args:
        width: characters in a line of the terminal; a wider table gets shorter cells, then fewer columns.
    """
    common, settings = _common_columns(rows), _setting_columns(rows)
    if width is not None and table_width(common | settings) > width:
        settings = _setting_columns(rows, NARROW_CELL)
    columns = common | settings
    left_out = [] if width is None else _leave_out(columns, width, list(settings))
    aligned_left = sum(title in columns for title in ("run", "state", "started"))
    table = text_table(list(columns), list(zip(*columns.values(), strict=True)), aligned_left)
    hint = [f"Left out, as the terminal is too narrow: {', '.join(left_out)}; --json has all."] if left_out else []
    return "\n".join([table, *hint, *_notes(rows), *_warn_of_other_rows(rows)])


def _leave_out(columns: dict[str, list[str]], width: int, settings: Sequence[str]) -> list[str]:
    """Remove columns until a table fits, and return their titles: first of those with the same value in all rows."""
    same = [title for title in OFTEN_EQUAL if len(set(columns[title])) == 1]
    left_out: list[str] = []
    for title in dict.fromkeys((*same, *BEFORE_SETTINGS, *reversed(settings), *AFTER_SETTINGS)):
        if table_width(columns) <= width:
            break
        del columns[title]
        left_out.append(title)
    return left_out


def sort_rows(rows: Sequence[RunRow], key: str) -> list[RunRow]:
    """Return the rows in ascending order of a column, a metric (test.NAME of the test split) or a setting.

    Rows without a value are last in both directions.

    Args:
        key: descending after a minus sign, as in -val_accuracy.

    Raises:
        ConfigurationError: no run has the key.
    """
    values = [_sortable(row) for row in rows]
    name = _full_name(key.removeprefix("-"), values)
    if not any(name in one for one in values):
        raise ConfigurationError(f"--sort {key}: no run has this key; {_hint(name, values)}")
    pairs = list(zip([one.get(name) for one in values], rows, strict=True))
    present = [pair for pair in pairs if pair[0] is not None]
    present.sort(key=lambda pair: _order(pair[0]), reverse=key.startswith("-"))
    return [row for _, row in present] + [row for value, row in pairs if value is None]


def _full_name(name: str, values: Iterable[Mapping[str, Any]]) -> str:
    """Return the key of a title: `test.accuracy` for `test accuracy`, or the only setting that ends with the name."""
    known = {one for value in values for one in value}
    if name in known:
        return name
    dotted = name.replace(TEST.replace(".", " "), TEST)
    settings = [one for one in known if one.endswith(f".{name}")]
    return dotted if dotted in known else settings[0] if len(settings) == 1 else name


def _sortable(row: RunRow) -> dict[str, Any]:
    """Return all values that rows can be sorted by; columns come last, as a setting may have the same name."""
    columns = {"run": row.run, "state": row.state, "started": row.created, "duration": row.seconds}
    columns |= {"epochs": row.epochs, "steps": row.steps, "table": row.table, "version": row.version}
    return row.settings | row.metrics | _test_metrics(row) | columns


def _order(value: Any) -> tuple[bool, float, str]:
    """Return a key that sorts numbers before texts and lists."""
    is_number = isinstance(value, int | float)
    return not is_number, float(value) if is_number else 0.0, "" if is_number else str(value)


def _hint(name: str, values: Iterable[Mapping[str, Any]]) -> str:
    known = sorted({one for value in values for one in value})
    near = [one for one in (SYNONYMS.get(name),) if one in known] or get_close_matches(name, known, 1)
    short = [one for one in known if "." not in one or one.startswith(TEST)]
    return f"did you mean {near[0]}?" if near else f"expected {join_names(short, 40)} or the key of a setting."


def _common_columns(rows: Sequence[RunRow]) -> dict[str, list[str]]:
    """Return the cells by title of the columns that every list of runs has, and of metrics."""
    columns: dict[str, list[str]] = {
        "run": [row.run for row in rows],
        "state": [row.state for row in rows],
        "started": [_format(row.created, lambda time: f"{time[:10]} {time[11:16]}") for row in rows],
        "duration": [_format(row.seconds, duration) for row in rows],
        "epochs": [f"{row.epochs}/{row.total_epochs}" if row.total_epochs else NOTHING for row in rows],
        "steps": [f"{row.steps}/{row.total_steps}" if row.total_steps else NOTHING for row in rows],
        "table": _table_names(rows),
        "version": [_format(row.version, str) for row in rows],
    }
    metrics = {name.replace(TEST, "test "): [_metric(row, name) for row in rows] for name in _shown_metrics(rows)}
    return columns | metrics


def _setting_columns(rows: Sequence[RunRow], max_cell: int = MAX_CELL) -> dict[str, list[str]]:
    """Return the cells by title of settings that differ, without those that another column shows."""
    by_key = _differing(rows)
    by_key.pop(EPOCHS, None)  # the column epochs has them
    if _names_network(by_key):
        by_key.pop(NETWORK_HASH, None)
    taken = _common_columns(rows)
    titles = shortest_suffixes(list(by_key), ".", VAGUE_KEYS)
    # A setting may have the name of a column, and a hash needs the name of its content.
    return {
        key if title in taken or key == NETWORK_HASH else title: [
            _cell(by_key[key].get(row.run), max_cell) for row in rows
        ]
        for title, key in zip(titles, by_key, strict=True)
    }


def _names_network(by_key: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether the runs' files of networks tell them apart as well as the hashes of the files do."""
    files, hashes = by_key.get(NETWORK_FILE, {}), by_key.get(NETWORK_HASH, {})
    pairs = {(files.get(run), one) for run, one in hashes.items()}
    return len(pairs) == len({file for file, _ in pairs})


def _format(value: Any, format_value: Callable[[Any], str]) -> str:
    return NOTHING if value is None else format_value(value)


def _table_names(rows: Sequence[RunRow]) -> list[str]:
    tables = list(dict.fromkeys(row.table for row in rows if row.table))
    names = dict(zip(tables, shortest_suffixes(tables, "/"), strict=True))
    return [names[row.table] if row.table else NOTHING for row in rows]


def _shown_metrics(rows: Sequence[RunRow]) -> list[str]:
    """Return the names of loss and main metrics, of validation if a run has it, and of those of the test split."""
    prefix = "val_" if any("val_loss" in row.metrics for row in rows) else ""
    main = (next((name for name in MAIN_METRICS if f"{prefix}{name}" in row.metrics), None) for row in rows)
    tested = (f"{TEST}{target_traits(row.test.task).comparison_metrics[0]}" for row in rows if row.test)
    names = [f"{prefix}loss", *(f"{prefix}{name}" for name in main if name), *tested]
    return [name for name in dict.fromkeys(names) if any(name in row.metrics | _test_metrics(row) for row in rows)]


def _test_metrics(row: RunRow) -> dict[str, float]:
    return {f"{TEST}{name}": value for name, value in row.test.metrics.items()} if row.test else {}


def _metric(row: RunRow, name: str) -> str:
    return _format((row.metrics | _test_metrics(row)).get(name), lambda value: metric(value, name))


def _differing(rows: Sequence[RunRow]) -> dict[str, dict[str, Any]]:
    return differing({row.run: row.settings for row in rows if row.settings})


def _cell(value: Any, max_cell: int = MAX_CELL) -> str:
    """Return a setting as a cell; of a path, also one in a section, the end is more informative than the beginning."""
    if isinstance(value, Mapping):
        given = [(key, one) for key, one in value.items() if one not in (None, [], ())]
        value = ", ".join(f"{key} {_cell(one, max_cell)}" for key, one in given)
    text = _format(value, str)
    if len(text) <= max_cell:
        return text
    return f"…{text[-max_cell + 1 :]}" if "/" in text else f"{text[: max_cell - 1]}…"


def _notes(rows: Sequence[RunRow]) -> list[str]:
    return [f"{row.run}: {row.state}, {row.note}" for row in rows if row.note]


def _warn_of_other_rows(rows: Sequence[RunRow]) -> list[str]:
    """Return a line if the metrics of the test split are not of the same rows."""
    splits = {(row.test.table, row.test.version, row.test.rows): row.run for row in rows if row.test}
    if len(splits) < 2:
        return []
    listed = "; ".join(f"{run}: version {version} of {table}" for (table, version, _), run in splits.items())
    return [
        f"The metrics of the test split are not of the same rows ({listed}); `headrace compare` scores models on the "
        "same rows."
    ]
