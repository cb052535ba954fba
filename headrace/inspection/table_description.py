"""`headrace inspect TABLE`: describe a version of a table, as text and JSON."""

import sys
from pathlib import Path
from typing import Any

from headrace.contract import Contract
from headrace.errors import DataError
from headrace.inspection.truncated_listing import remaining_lines
from headrace.storage import is_remote
from headrace.table import Version, read
from headrace.table.open_or_refuse_delta_table import open_delta
from headrace.table.transaction_log import KEY, history
from headrace.table.version_and_preparation_summary import SPLITS, Summary
from headrace.wording import data_size, quantity


def inspect_table(table: Path, number: int | None, split: str | None = None, limit: int = 50) -> dict[str, Any]:
    """Print a description of version `number` of `table` to stderr, and return it.

    Args:
        number: version; the newest if None.
        split: split whose file addresses are listed under `files`; none if None.
        limit: maximum number of addresses to print; the result has all.

    Raises:
        DataError: the table, version or split does not exist, or the table was not written by Headrace.
    """
    _require_table(table)
    version = read(table, number)
    files = {} if split is None else {"files": file_urls(version, split)}
    commits = [_commit(entry) for entry in history(table)]
    lines = [_text(version, commits), *(_file_lines(split, files["files"], limit) if split else ())]
    sys.stderr.write("\n".join(lines) + "\n")
    summary, contract = version.summary, version.contract
    return {
        "table": str(version.table.absolute()),
        "version": version.number,
        "columns": {name: column.model_dump() for name, column in version.contract.columns.items()},
        **_classes(version),
        "rows_in": summary.rows_in,
        "written": summary.written,
        "rejected": summary.rejected,
        "duplicates": summary.duplicates,
        "label_counts": summary.label_counts,
        "task": version.contract.task,
        "inputs": {name: spec.model_dump() for name, spec in contract.input_specs.items()},
        "rejects": summary.rejects,
        "filled": summary.filled,
        "shards": len(version.shards),
        "bytes": sum(shard.size for shard in version.shards),
        "source": summary.source,
        "history": commits,
        **files,
    }


def _classes(version: Version) -> dict[str, Any]:
    """Return the classes and the rows by split and class; of items their number, and the rows by split."""
    classes, counts = version.contract.classes, version.summary.counts
    if version.contract.target.has_items:
        rows = {split: {"all": sum(by_item.values())} for split, by_item in counts.items()}
        return {"classes": [], "items": len(classes), "counts": rows}
    return {"classes": list(classes), "counts": counts}


def _require_table(table: Path) -> None:
    """Raise if the folder holds raw data, which the option --raw previews."""
    if table.is_file() or (table.is_dir() and any(table.iterdir()) and open_delta(table) is None):
        raise DataError(
            f"{table} is not a prepared table; `headrace inspect {table} --raw` previews raw data, and `headrace "
            "prepare` makes a table of them."
        )


def file_urls(version: Version, split: str) -> list[str]:
    """Return the addresses of the files of a split, file:///folder/file or s3://bucket/folder/file, ordered by path.

    The files are plain Parquet. Nothing is escaped, because Petastorm's `make_batch_reader` takes addresses verbatim.

    Raises:
        DataError: the version has no rows in this split.
    """
    paths = (version.table / shard.path for shard in version.split(split))
    return [str(path) if is_remote(path) else f"file://{path.absolute()}" for path in paths]


def _file_lines(split: str, files: list[str], limit: int) -> list[str]:
    return [
        "",
        f"{quantity(len(files), 'file')} of the {split} split:",
        *(f"  {file}" for file in files[:limit]),
        *remaining_lines(len(files), limit),
    ]


def _commit(entry: dict[str, Any]) -> dict[str, Any]:
    known = {"version": entry.get("version"), "time": entry.get("timestamp"), "operation": entry.get("operation")}
    if KEY not in entry:
        return known
    summary = Summary.model_validate_json(entry[KEY])
    return known | {"written": summary.written, "rejected": summary.rejected, "duplicates": summary.duplicates}


def _commit_line(commit: dict[str, Any]) -> str:
    rows = quantity(commit["written"], "row") if "written" in commit else "? rows"
    return f"version {commit['version']}: {commit['operation']}, {rows}"


def _text(version: Version, commits: list[dict[str, Any]]) -> str:
    summary, contract = version.summary, version.contract
    size = data_size(sum(shard.size for shard in version.shards))
    width = max(14, *map(len, contract.columns))
    lines = [
        f"{version.table}, version {version.number}: {quantity(len(version.shards), 'shard')}, {size}",
        f"{quantity(summary.rows_in, 'row')} in = {summary.written:,} written + {summary.rejected:,} rejected "
        f"+ {quantity(summary.duplicates, 'duplicate')} dropped",
        "",
        f"{'column':{width}} role      codec  type    shape",
        *(f"{n:{width}} {c.role:9} {c.codec:6} {c.dtype:7} {c.shape or ''}" for n, c in contract.columns.items()),
        "",
        *_input_lines(version.contract),
        *([f"missing numbers became the mean, rows by column: {summary.filled_text}"] if summary.filled_text else []),
        "",
        *_count_lines(version),
        "",
        *(f"rejected: {reason} {count:,}" for reason, count in summary.rejects.items()),
        *(_commit_line(commit) for commit in commits),
    ]
    return "\n".join(lines)


def _input_lines(contract: Contract) -> list[str]:
    if contract.is_record:
        return [f"{name}: {line}" for name, one in contract.inputs.items() for line in _input_lines(one)]
    lines = []
    if contract.statistics:
        mean = ", ".join(f"{value:.2f}" for value in contract.statistics.mean)
        deviation = ", ".join(f"{value:.2f}" for value in contract.statistics.standard_deviation)
        axis = contract.feature.statistics_axis
        lines.append(f"mean {mean}; standard deviation {deviation} (per {axis}, training split)")
    lines += [contract.spec.layout] if contract.spec.layout else []
    return lines


def _count_lines(version: Version) -> list[str]:
    splits = [split for split in SPLITS if version.summary.counts.get(split)]
    contract = version.contract
    classes = () if contract.target.has_items else contract.classes
    width = max((len(name) for name in classes), default=5) + 2
    counts, by_class = version.summary.counts, version.summary.class_counts
    items = [quantity(len(contract.classes), "item")] if contract.target.has_items else []
    rows = [*items, f"{'class' if classes else 'rows':{width}}" + "".join(f"{split:>10}" for split in splits)]
    for name in classes:
        rows.append(f"{name:{width}}" + "".join(f"{by_class.get(split, {}).get(name, 0):>10,}" for split in splits))
    return [*rows, f"{'total':{width}}" + "".join(f"{sum(counts[split].values()):>10,}" for split in splits)]
