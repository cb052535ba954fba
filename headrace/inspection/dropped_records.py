"""List the rejects and the duplicates of a table."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headrace.inspection.truncated_listing import WIDEST, Kind, on_one_line, remaining_lines
from headrace.table import Version, read
from headrace.table.rejects_and_duplicates_reader import (
    DUPLICATES,
    REJECTS,
    Duplicate,
    Reject,
    duplicates_path,
    read_duplicates,
    read_rejects,
    rejects_path,
)
from headrace.table.transaction_log import lists_dropped_records
from headrace.wording import quantity


def inspect_dropped(table: Path, number: int | None, limit: int, kind: Kind = "rejects") -> dict[str, Any]:
    """Print at most `limit` records that version `number` of `table` has dropped to stderr, and return them.

    Args:
        number: version of `table`, not of the table beside it; the newest if None.

    Raises:
        DataError: the table or version does not exist, or the records can no longer be read.
    """
    version = read(table, number)
    summary = version.summary
    rejects = kind == "rejects"
    listed = summary.rejects_version if rejects else summary.duplicates_version
    list_records = read_rejects if rejects else read_duplicates
    records: Sequence[Reject | Duplicate] = [] if listed is None else list_records(version.table, listed, limit)
    total = summary.rejected if rejects else summary.duplicates
    sys.stderr.write(_dropped_text(version, kind, records, total) + "\n")
    result = {"table": str(version.table.absolute()), "version": version.number, "kind": kind, "total": total}
    return result | {"records": [record._asdict() for record in records]}


def main_table(folder: Path) -> tuple[Path, Kind] | None:
    """Return the table whose dropped records `folder` lists, and their kind; None if it lists none."""
    for suffix, beside in ((REJECTS, rejects_path), (DUPLICATES, duplicates_path)):
        table = folder.with_name(folder.name.removesuffix(suffix) or folder.name)
        if beside(table).name == folder.name and lists_dropped_records(folder):
            return table, "rejects" if suffix == REJECTS else "duplicates"
    return None


def _dropped_text(version: Version, kind: str, records: Sequence[Reject | Duplicate], total: int) -> str:
    title = f"{version.table}, version {version.number}: {quantity(total, kind.removesuffix('s'))}"
    cells = [tuple(map(on_one_line, record)) for record in records]
    reasons, paths = (min(max((len(row[column]) for row in cells), default=0), WIDEST) for column in (1, 0))
    lines = (f"{reason:{reasons}}  {path:{paths}}  {detail}" for path, reason, detail in cells)
    return "\n".join([title, *lines, *remaining_lines(total, len(records))])
