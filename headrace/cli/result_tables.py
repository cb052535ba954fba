"""Format results of commands as text tables; the last line of the output has the same figures as JSON."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from headrace.terminal_table import text_table
from headrace.wording import data_size, figure, quantity

VALIDATION = "val_"
MAX_SLICES = 20


def evaluation_table(result: Mapping[str, Any]) -> str:
    """Return the metrics of an evaluation with their 95 % intervals, beside those of the baselines on the same rows."""
    metrics, intervals, baselines = result["metrics"], result["intervals"], result.get("baselines") or {}
    rows = [
        [name, _figure(value), _interval(intervals.get(name)), *(_figure(one.get(name)) for one in baselines.values())]
        for name, value in metrics.items()
    ]
    title = f"{result['split']} of version {result['version']}, {quantity(result['rows'], 'row')}"
    table = text_table([title, "value", "95% interval", *baselines], rows)
    slices = (_slice_table(name, parts) for name, parts in result.get("slices", {}).items() if parts)
    return "\n\n".join([table, *slices, *filter(None, [_weakest_classes_hint(result)])])


def _weakest_classes_hint(result: Mapping[str, Any]) -> str:
    """Return the classes with the lowest scores, the file of the evaluation, and the command that shows all of it."""
    worst = [f"{one['name']} {_figure(one['f1'])}" for one in result.get("worst_classes", ())]
    lines = [f"smallest F1: {', '.join(worst)}"] if worst else []
    lines += [f"evaluation: {result['evaluation']}"] if "evaluation" in result else []
    if "run" in result:
        # Slices by class are made without being asked for.
        has_classes = "worst_classes" in result
        parts = ["classes"] * has_classes + ["slices"] * (has_classes or bool(result.get("slices"))) + ["mistakes"]
        lines.append(f"`{shlex.join(['headrace', 'report', result['run']])}` writes a page of it: {', '.join(parts)}")
    return "\n".join(lines)


def _slice_table(name: str, parts: Sequence[Mapping[str, Any]]) -> str:
    """Return the first metric of each slice by `name`; the JSON has the others."""
    metric = next(iter(parts[0]["metrics"]))
    rows = [
        [part["name"], f"{part['rows']:,}", _figure(part["metrics"][metric]), _interval(part["intervals"].get(metric))]
        for part in parts[:MAX_SLICES]
    ]
    more = len(parts) - MAX_SLICES
    lines = [text_table([f"by {name}", "rows", metric, "95% interval"], rows)]
    return "\n".join([*lines, *([f"and {quantity(more, 'more slice')}, which the JSON has"] if more > 0 else [])])


def training_table(result: Mapping[str, Any]) -> str:
    """Return the metrics of a training, side by side for both splits, and where its bundle is."""
    metrics = result["metrics"]
    names = [name for name in metrics if not name.startswith(VALIDATION)]
    names += [name for key in metrics if key.startswith(VALIDATION) and (name := key[len(VALIDATION) :]) not in names]
    rows = [[name, _figure(metrics.get(name)), _figure(metrics.get(VALIDATION + name))] for name in names]
    if not any(name.startswith(VALIDATION) for name in metrics):
        rows = [row[:2] for row in rows]
    header = [f"epoch {result['bundle_epoch']}", "training", "validation"][: len(rows[0]) if rows else 1]
    return f"{text_table(header, rows)}\nbundle: {result['bundle']}"


def prediction_table(result: Mapping[str, Any]) -> str:
    """Return how many records were predicted, rejected and skipped, and where the files are."""
    counts = [[name, f"{result[name]:,}"] for name in ("rows", "rejected", "skipped") if name in result]
    places = [f"{name}: {result[name]}" for name in ("output", "rejects") if result.get(name)]
    if result.get("skipped"):
        places.insert(0, "skipped: hidden files and those of operating systems, such as .DS_Store")
    return "\n".join([text_table(["records", "number"], counts), *places])


def explanation_summary(result: Mapping[str, Any]) -> str:
    """Return how many predictions a page explains, and where it is."""
    return f"output: {result['page']}, {quantity(result['explained'], 'explained prediction')}"


def report_summary(result: Mapping[str, Any]) -> str:
    """Return where the page of a run is."""
    return f"output: {result['report']}"


def conversion_summary(result: Mapping[str, Any]) -> str:
    """Return how many rows of each split were converted, and where the files are."""
    rows = ", ".join(f"{split} {count:,}" for split, count in result["rows"].items())
    files, size = quantity(result["files"], "file"), data_size(result["bytes"])
    return f"{result['format']}: {files} of {size}, rows: {rows}\noutput: {result['output']}"


def export_summary(result: Mapping[str, Any]) -> str:
    """Return how far the exported model's predictions are from the bundle's, and where it is."""
    compared, difference = quantity(result["compared"], "prediction"), result["greatest_difference"]
    differ = f"differ from the bundle's by at most {difference:.1e} (accepted: {result['tolerance']:g})"
    found = differ if difference else "equal the bundle's"
    return (
        f"{result['format']}: {compared} {found}\ncompared with: {result['compared_with']}\noutput: {result['output']}"
    )


def retraining_table(result: Mapping[str, Any]) -> str:
    """Return the metrics of the challenger beside those of the champion it was compared with; empty without any."""
    test = result.get("test")
    if test is None:
        return ""
    before, after = test["champion"], test["challenger"]
    header = [f"test, {quantity(test['rows'], 'row')}", *(["champion before"] if before else []), "challenger"]
    rows = [[name, *([_figure(before.get(name))] if before else []), _figure(after[name])] for name in after]
    return text_table(header, rows)


def gate_hint(table: str, result: Mapping[str, Any]) -> str:
    """Return a hint about what to inspect after the gate has refused a challenger: too few test rows, or the data."""
    from headrace.retrain.gate.few_rows_warning import FEW_ROWS
    from headrace.retrain.gate.promotion_checks import DECIDING

    rows = result["test"]["rows"]
    data = (
        f"`{shlex.join(['headrace', 'inspect', table, '--changes'])}` lists the files that are new; "
        "data.source.exclude leaves out those that are wrong"
    )
    if rows >= FEW_ROWS and not any(reason.startswith(DECIDING) for reason in result["reasons"]):
        return data
    return (
        f"{quantity(rows, 'test row')} may be too few to show that a model is better: prepare more test data and set "
        "retrain.test_version: newest, or accept a lower retrain.gate.confidence, with --force\n"
        f"if the new data may be wrong: {data}"
    )


def _figure(value: object) -> str:
    return figure(value) if isinstance(value, float) else "" if value is None else str(value)


def _interval(bounds: Sequence[float] | None) -> str:
    return "" if bounds is None else f"{figure(bounds[0])} to {figure(bounds[1])}"


def promotion_summary(result: Mapping[str, Any], words: Sequence[str]) -> str:
    """Return which version is the champion, which it replaced and where it is served.

    Args:
        words: file of the configuration and overrides, for the command that takes the promotion back.
    """
    replaced = f", which replaces version {result['replaced']}" if result["replaced"] is not None else ""
    lines = [f"champion of {result['model']}: version {result['champion']}{replaced}", f"serving: {result['serving']}"]
    if result["rollback_to"] is not None:
        command = shlex.join(["headrace", "models", "rollback", *words])
        lines.append(f"`{command}` makes version {result['rollback_to']} the champion again")
    return "\n".join(lines)


def repair_summary(result: Mapping[str, Any]) -> str:
    """Return which versions were registered again, which have no bundle left, and which is the champion."""
    restored, lost, damaged = (result[key] for key in ("restored", "lost", "damaged_database"))
    lines = [f"{result['model']} in {result['registry']}"]
    lines.append(f"registered again: {_versions(restored)}" if restored else "the registry knows every version")
    lines += [f"no bundle is left of: {_versions(lost)}"] if lost else []
    lines.append("no champion" if result["champion"] is None else f"champion: version {result['champion']}")
    return "\n".join([*lines, *([f"the damaged database is kept as {damaged}"] if damaged else [])])


def _versions(numbers: Sequence[int]) -> str:
    return f"{'version' if len(numbers) == 1 else 'versions'} {', '.join(map(str, numbers))}"
