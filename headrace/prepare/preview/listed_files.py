"""Tables that list files: which columns hold paths, of what, and the table beside the files that lists them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from headrace.errors import HeadraceError
from headrace.features.input_kind_loader import input_traits
from headrace.prepare.preview.table_preview import read_cells
from headrace.prepare.readers import cell_to_text, format_from_name
from headrace.prepare.sources.archives.archive_source import IMAGES
from headrace.storage import locate

# Paths of a column whose files are looked for.
CHECKED = 20
SUFFIXES = {
    "image": frozenset(f".{suffix}" for suffix in IMAGES),
    "audio": frozenset(input_traits("audio").suffixes),
    "text": frozenset(input_traits("text").suffixes),
}


def find_file_columns(cells: Mapping[str, list[Any]]) -> dict[str, str]:
    """Return the kind of the files (image, audio or text) by the column of their paths.

    Args:
        cells: the cells of each column.
    """
    found = {name: _kind_of_files(values) for name, values in cells.items()}
    return {name: kind for name, kind in found.items() if kind is not None}


def _kind_of_files(values: Iterable[Any]) -> str | None:
    texts = [text for value in values if isinstance(value, str) and (text := cell_to_text(value))]
    suffixes = Counter(Path(text).suffix.lower() for text in texts)
    counts = {kind: sum(suffixes[one] for one in known) for kind, known in SUFFIXES.items()}
    kind = max(counts, key=lambda one: counts[one])
    # A few may have lost their suffix.
    return kind if texts and 10 * counts[kind] >= 9 * len(texts) else None


def find_missing_path(source: str, values: Iterable[Any]) -> str | None:
    """Return a path of the column if none of the first ones is a file beside the table `source`; None if one is."""
    root = locate(source)
    folder = root if root.is_dir() else root.parent
    texts = list(islice((text for value in values if (text := cell_to_text(value))), CHECKED))
    return texts[0] if texts and not any((folder / text).is_file() for text in texts) else None


def find_listing_table(folder: Path, kind: str) -> Path | None:
    """Return the only table in `folder` itself that lists files of a kind there; None without one, or of several."""
    tables = [path for path in sorted(folder.iterdir()) if path.is_file() and format_from_name(path.name)]
    found = [path for path in tables if kind in _existing_kinds(path)]
    return found[0] if len(found) == 1 else None


def _existing_kinds(table: Path) -> set[str]:
    try:
        cells = read_cells(str(table), format_from_name(table.name) or "csv")
    except HeadraceError:
        return set()
    found = find_file_columns(cells)
    return {kind for name, kind in found.items() if find_missing_path(str(table), cells[name]) is None}
