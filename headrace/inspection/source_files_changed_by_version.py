"""List the source files that a version of a table adds, changes or removes."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headrace.inspection.truncated_listing import on_one_line, remaining_lines
from headrace.prepare.increments.source_changes import list_changes
from headrace.wording import quantity


def inspect_changes(table: Path, number: int | None, limit: int) -> dict[str, Any]:
    """Print the folders and at most `limit` files of each kind that a version added, changed or removed; return them.

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
        folders = _count_by_folder(files) if len(files) > limit else {}
        lines += [f"{kind:8} {quantity(count, 'file')} in {on_one_line(name)}" for name, count in folders.items()][
            :limit
        ]
        lines += [f"{kind:8} {on_one_line(file)}" for file in files[:limit]]
        lines += remaining_lines(len(files), limit)
    sys.stderr.write("\n".join(lines) + "\n")
    listed = {
        kind: {"total": len(files), "folders": _count_by_folder(files), "files": files[:limit]}
        for kind, files in kinds.items()
    }
    return {"table": str(table.absolute()), "version": changes.version} | listed


def _count_by_folder(files: Sequence[str]) -> dict[str, int]:
    """Return the number of files in each folder, the folders with most files first."""
    return dict(Counter(str(Path(file).parent) for file in files).most_common())
