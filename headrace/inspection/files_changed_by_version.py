"""List the source files that a version of a table adds, changes or removes."""

import sys
from pathlib import Path
from typing import Any

from headrace.inspection.truncated_listing import on_one_line, remaining_lines
from headrace.prepare.increments.source_changes import list_changes


def inspect_changes(table: Path, number: int | None, limit: int) -> dict[str, Any]:
    """Print at most `limit` files of each kind that version `number` of `table` added, changed or removed; return them.

    Args:
        number: version; the newest if None.

    Raises:
        DataError: the table or version does not exist, or the files of one of the versions are no longer known.
    """
    changes = list_changes(table.absolute(), number)
    kinds = {"added": changes.added, "changed": changes.changed, "removed": changes.removed}
    counts = ", ".join(f"{len(files)} {kind}" for kind, files in kinds.items())
    lines = [f"{table}, version {changes.version}: files of the source: {counts}"]
    for kind, files in kinds.items():
        lines += [f"{kind:8} {on_one_line(file)}" for file in files[:limit]]
        lines += remaining_lines(len(files), limit)
    sys.stderr.write("\n".join(lines) + "\n")
    listed = {kind: {"total": len(files), "files": files[:limit]} for kind, files in kinds.items()}
    return {"table": str(table.absolute()), "version": changes.version} | listed
