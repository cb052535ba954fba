"""Format a comparison as text for the terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headrace.compare.comparison_metrics import LOWER_IS_BETTER, metric_label
from headrace.compare.paired_differences import MIN_DECIDING_ROWS
from headrace.html.template_filters import metric
from headrace.terminal_table import text_table
from headrace.wording import figure, quantity

NOTHING = "-"
MAX_CLASSES = 20
MAX_ROWS = 6
MAX_EPOCHS = 20
MAX_CELL = 60


def as_text(comparison: Mapping[str, Any]) -> str:
    """Return all parts of the result of `compare` that a terminal can show, with an empty line between them."""
    tables = {"error_quantiles": _quantiles, "recall": _recall, "classes": _classes}
    detail = next(table(comparison) for name, table in tables.items() if name in comparison)
    parts = (
        list(headlines(comparison)),
        _metrics(comparison),
        detail,
        _curves(comparison),
        _disagreements(comparison),
        _settings(comparison),
    )
    return "\n\n".join("\n".join(part) for part in parts if part)


def headlines(comparison: Mapping[str, Any]) -> Iterator[str]:
    """Yield the rows that are used, and a sentence about each model after the first."""
    rows = quantity(comparison["rows"], "row")
    yield (
        f"{rows} of the {comparison['split']} split of version {comparison['version']} of {comparison['table']}; "
        f"every difference is from {comparison['reference']}."
    )
    for name in comparison["differences"]:
        yield conclusion(comparison, name)
    for name, overlap in comparison["trained_on"].items():
        if overlap["rows"]:
            yield f"{name} was trained on {overlap['rows']:,} of these rows, such as {overlap['example']}."
        elif overlap["unread"]:
            yield f"Whether {name} was trained on these rows is not known: {'; '.join(overlap['unread'])}."


def conclusion(comparison: Mapping[str, Any], name: str) -> str:
    """Return a sentence about the main metric of the model `name`."""
    main, reference = comparison["metric"], comparison["reference"]
    values = {model["name"]: metric(model["metrics"][main], main) for model in comparison["models"]}
    found = comparison["differences"][name][main]
    label = metric_label(main)
    numbers = (
        f"{values[name]} against {values[reference]}, a difference of "
        f"{signed(found['difference'], main, found['interval'])} (95% interval {_interval(found, main)})"
    )
    few = shortage(found)
    undecided = (
        f"Whether {name} differs from {reference} in {label} by more than chance cannot be told"
        if few
        else f"{name} and {reference} do not differ in {label} by more than chance"
    )
    beginnings = {
        "better": f"{name} has a better {label} than {reference}",
        "worse": f"{name} has a worse {label} than {reference}",
        "undecided": undecided,
        "biased": f"{name} and {reference} cannot be ranked by {label}, as one was trained on some of the rows",
    }
    # Two wrong classes may differ, which accuracy does not see.
    differ = "exactly one of them is right" if main == "accuracy" else "they differ"
    reason = f"; {differ} on {quantity(found['deciding_rows'], 'row')}, and {MIN_DECIDING_ROWS} are needed"
    return f"{beginnings[found['verdict']]}: {numbers}{reason if few else ''}."


def shortage(found: Mapping[str, Any]) -> str:
    """Return how many rows decide and how many are needed, if a difference is undecided for that; else no text."""
    if found["verdict"] != "undecided" or found["deciding_rows"] >= MIN_DECIDING_ROWS:
        return ""
    return f"{quantity(found['deciding_rows'], 'deciding row')}, {MIN_DECIDING_ROWS} needed"


def signed(value: float, name: str, beside: Sequence[float] = ()) -> str:
    """Format a difference of the metric `name` with its sign; of percentages in percentage points.

    Args:
        beside: differences that are shown together with this one, which has their digits.
    """
    text = metric(abs(value), name).replace("%", " pp")
    largest = max(abs(one) for one in (value, *beside))
    if not text.endswith(" pp") and figure(largest) == f"{largest:.4f}":
        text = f"{abs(value):.4f}"
    return f"{'-' if value < 0 else '+'}{text}"


def _interval(found: Mapping[str, Any], name: str) -> str:
    """Return the bounds of a difference with equally many digits."""
    values = (found["difference"], *found["interval"])
    return " to ".join(signed(bound, name, values) for bound in found["interval"])


def _metrics(comparison: Mapping[str, Any]) -> list[str]:
    models, names = comparison["models"], list(comparison["differences"])
    rows = []
    for name in models[0]["metrics"]:
        cells = [metric(model["metrics"][name], name) for model in models]
        rows.append([_directed(name), *cells, *_difference_cells(comparison["differences"], names, name)])
    return [text_table(["metric", *(model["name"] for model in models), *_titles(names)], rows)]


def _directed(name: str) -> str:
    return f"{metric_label(name)}{' (smaller is better)' if name in LOWER_IS_BETTER else ''}"


def _titles(names: Sequence[str]) -> list[str]:
    return [title for name in names for title in (f"{name}: difference", "95% interval", "verdict")]


def _difference_cells(differences: Mapping[str, Any], names: Sequence[str], metric_name: str) -> list[str]:
    cells = []
    for name in names:
        found = differences[name][metric_name]
        difference = signed(found["difference"], metric_name, found["interval"])
        few = shortage(found)
        cells += [difference, _interval(found, metric_name), f"{found['verdict']}{few and f' ({few})'}"]
    return cells


def _classes(comparison: Mapping[str, Any]) -> list[str]:
    """Return a table of the classes with the largest differences of F1."""
    kind = "label" if comparison["task"] == "multi_label" else "class"
    names = list(comparison["differences"])
    ranked = sorted(comparison["classes"].items(), key=lambda pair: -_largest(pair[1]["differences"]))
    rows = []
    for class_name, found in ranked[:MAX_CLASSES]:
        by_model = {name: {"f1": difference} for name, difference in found["differences"].items()}
        values = [f"{value:.4f}" for value in found["f1"].values()]
        rows.append([class_name, f"{found['rows']:,}", *values, *_difference_cells(by_model, names, "f1")])
    header = [f"f1 by {kind}", "rows", *(model["name"] for model in comparison["models"]), *_titles(names)]
    return [
        text_table(header, rows),
        *_left_out(len(ranked) - MAX_CLASSES, kind),
    ]


def _largest(differences: Mapping[str, Any]) -> float:
    return max(abs(float(found["difference"])) for found in differences.values())


def _left_out(number: int, noun: str) -> list[str]:
    return [f"and {quantity(number, f'more {noun}')}, which --json lists"] if number > 0 else []


def _quantiles(comparison: Mapping[str, Any]) -> list[str]:
    found = comparison["error_quantiles"]
    rows = [
        [
            f"{float(quantile):.0%}" if float(quantile) < 1 else "largest",
            *(f"{by[quantile]:.4g}" for by in found.values()),
        ]
        for quantile in next(iter(found.values()))
    ]
    return [text_table(["absolute error up to", *found], rows)]


def _recall(comparison: Mapping[str, Any]) -> list[str]:
    found = comparison["recall"]
    cutoffs = next(iter(found.values()))
    rows = [[last, *(metric(by[last], "recall") for by in found.values())] for last in cutoffs]
    return [text_table(["recall at", *found], rows)]


def _curves(comparison: Mapping[str, Any]) -> list[str]:
    """Return the loss of each model by epoch: of validation if there is one."""
    name = next((name for name in ("val_loss", "loss") if name in comparison["curves"]), None)
    if name is None:
        return []
    numbers = {model: dict(pairs) for model, pairs in comparison["epochs"].items()}
    values = {
        model: {numbers[model][step]: value for step, value in line}
        for model, line in comparison["curves"][name].items()
    }
    every = sorted(set().union(*values.values()))
    epochs = shown_epochs(every, [max(line) for line in values.values()])
    rows = [
        [str(epoch), *(figure(line[epoch]) if epoch in line else NOTHING for line in values.values())]
        for epoch in epochs
    ]
    return [text_table([f"{name} by epoch", *values], rows), *_left_out(len(every) - len(epochs), "epoch")]


def shown_epochs(epochs: Sequence[int], last: Sequence[int]) -> list[int]:
    """Return the epochs to show: all if they are few, else an even selection with the `last` of each model."""
    if len(epochs) <= MAX_EPOCHS:
        return list(epochs)
    selected = {epochs[round(index * (len(epochs) - 1) / (MAX_EPOCHS - 1))] for index in range(MAX_EPOCHS)}
    return sorted(selected.union(last))


def _disagreements(comparison: Mapping[str, Any]) -> list[str]:
    found = comparison["disagreements"]
    if not found["shown"]:
        return ["The models agree on every row."]
    counts = ", ".join(f"{name} on {quantity(rows, 'row')}" for name, rows in found["rows"].items())
    rows = []
    for row in found["shown"][:MAX_ROWS]:
        texts = [prediction_text(prediction) for prediction in row["models"].values()]
        rows.append([_cut(row["path"]), _cut(value_text(row["true"])), *map(_cut, texts)])
    header = ["disagreements", "true", *(model["name"] for model in comparison["models"])]
    return [
        f"Predictions differ from those of {comparison['reference']}: {counts}.",
        text_table(header, rows, len(header)),
    ]


def prediction_text(prediction: Mapping[str, Any]) -> str:
    """Return a prediction and, except in regression, the probability of the truth, or its rank among items."""
    text = value_text(prediction["predicted"])
    if "rank" in prediction:
        return f"{text} (the truth is number {prediction['rank']:,})"
    return f"{text} ({prediction['probability']:.3f} for the truth)" if "probability" in prediction else text


def value_text(value: Any) -> str:
    """Return a class, a number, or labels."""
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _settings(comparison: Mapping[str, Any]) -> list[str]:
    names = [model["name"] for model in comparison["models"]]
    rows = [
        [key, *(_cut(setting_text(values[name])) for name in names)] for key, values in comparison["settings"].items()
    ]
    found = [text_table(["setting", *names], rows)] if rows else ["No setting differs."]
    without = comparison["without_run"]
    return found + (
        [f"Only the settings in the bundles are compared: the run of {', '.join(without)} is gone."] if without else []
    )


def setting_text(value: Any) -> str:
    """Return the value of a setting."""
    return NOTHING if value is None else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 1]}…"
