"""Format a preview for the terminal."""

from collections.abc import Iterable
from typing import Any

from headrace.prepare.preview.column_content import (
    NUMBERS,
    TYPED,
    column_content,
    describe_tabular,
    describe_unlike_inputs,
)
from headrace.prepare.preview.table_preview import FILE_NAME
from headrace.wording import column_title, escape_path, quantity, shorten


def _not_checked(columns: Iterable[dict[str, Any]]) -> str:
    """Return what `prepare` rejects besides, by what columns of inputs may hold: the configuration says which it uses.

    A column of bytes, structures or names of files may be one of images or audio.
    """
    others = [column for column in columns if column_content(column) not in NUMBERS | TYPED]
    texts = [column for column in others if column["content"] is not None]
    files = [
        column
        for column in others
        if column["type"] in ("bytes", "dict")
        or (column["examples"] and all(map(FILE_NAME.fullmatch, column["examples"])))
    ]
    kinds = ["empty and short texts"] * bool(texts) + ["images and audio that are missing or broken"] * bool(files)
    return f"; `prepare` also rejects {', and '.join(kinds)}" if kinds else ""


def _amount_read(found: dict[str, Any]) -> str:
    """Return how many records were read, and of a sample that the counts are those of the sample."""
    if not found["is_sample"]:
        return f"{quantity(found['sampled'], 'record')} read"
    if found["kind"] == "folder":
        files = quantity(found["files"], "file")
        return f"{found['sampled']:,} of {files} read, a sample: the counts of rejects are of these"
    counts = "the counts are" if found["kind"] == "table" else "the counts of rejects are"
    return f"a sample of {quantity(found['sampled'], 'record')} read: {counts} of these"


def as_text(found: dict[str, Any]) -> str:
    """Return a preview for a terminal."""
    formats = ", ".join(f"{count} {suffix}" for suffix, count in found["formats"].items())
    lines = [
        f"{escape_path(found['source'])}: {found['kind']}, {formats}; {quantity(found['ignored'], 'file')} ignored"
    ]
    for column in found.get("columns", ()):
        examples = ", ".join(map(repr, column["examples"]))
        missing = f"{column['missing']} missing, " if column["missing"] else ""
        lines.append(
            f"  {column_title(column['name'])}  {column_content(column)}, {missing}{column['distinct']} distinct, "
            f"{examples}"
        )
    if rows := describe_tabular(found.get("columns", ()), found.get("label")):
        lines.append(rows)
        lines += describe_unlike_inputs(found.get("columns", ()), found.get("label"))
    if found.get("label"):
        lines.append(f"labels by the column {found['label']!r}")
    if found.get("split_column"):
        lines.append(f"splits by the column {found['split_column']!r}, if data.source.columns.split names it")
    if numbers := found.get("numbers"):
        lines.append(
            f"numbers to predict, which need prepare.task: regression: {numbers['distinct']} distinct, from "
            f"{numbers['min']} to {numbers['max']}"
        )
    for title in ("splits", "classes", "rejects"):
        lines.append(
            f"{title}: " + (shorten([f"{name} {count}" for name, count in found[title].items()], 20) or "none")
        )
    inputs = [column for column in found.get("columns", ()) if column["name"] != found.get("label")]
    lines.append(f"{_amount_read(found)}{_not_checked(inputs)}")
    lines += [f"rejected: {one}" for one in found["rejected"]]
    more = sum(found["rejects"].values()) - len(found["rejected"])
    lines += [f"rejected: {quantity(more, 'other record')}"] if more > 0 and found["rejected"] else []
    return "\n".join([*lines, *found["warnings"]])
