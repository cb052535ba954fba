"""A comparison as text for a terminal."""

from typing import Any

import pytest

from headrace.compare.comparison_text import as_text, conclusion, shown_epochs, signed


@pytest.mark.parametrize(
    ("value", "metric", "text"),
    [
        (0.25, "accuracy", "+25.00 pp"),
        (-0.25, "loss", "-0.2500"),
        (-3e-14, "mean_absolute_error", "-3.000e-14"),
        (0.0, "accuracy", "+0.00 pp"),
    ],
)
def test_difference_has_a_sign(value: float, metric: str, text: str) -> None:
    assert signed(value, metric) == text


def test_difference_has_the_digits_of_those_beside_it() -> None:
    assert signed(0.0001221, "loss", (-0.3113, 0.0001221)) == "+0.0001"
    assert signed(0.0001221, "loss", (-0.0002, 0.0003)) == "+0.0001221"


def comparison(verdict: str = "undecided", **curves: Any) -> dict[str, Any]:
    """Return a comparison of two classifiers as far as its text needs it."""
    difference = {"difference": 0.0, "interval": [-0.1, 0.1], "verdict": verdict, "deciding_rows": 9}
    models = [{"name": name, "metrics": {"accuracy": 0.5}} for name in ("a", "b")]
    epochs = dict.fromkeys(("a", "b"), [(step, step + 1) for step in range(100)])
    return {
        "task": "classification", "rows": 4, "split": "test", "version": 0, "table": "t", "reference": "a",
        "metric": "accuracy", "models": models, "differences": {"b": {"accuracy": difference}}, "trained_on": {},
        "classes": {}, "curves": curves, "epochs": epochs, "disagreements": {"shown": []}, "settings": {},
        "without_run": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "beginning"),
    [
        ("undecided", "b and a do not differ in accuracy by more than chance: 50.00% against 50.00%"),
        ("better", "b has a better accuracy than a: "),
        ("worse", "b has a worse accuracy than a: "),
        ("biased", "b and a cannot be ranked by accuracy, as "),
    ],
)
def test_conclusion_names_its_metric(verdict: str, beginning: str) -> None:
    assert conclusion(comparison(verdict), "b").startswith(beginning)


def test_undecided_verdict_of_few_rows_says_how_many_differ() -> None:
    found = comparison()
    assert "needed" not in as_text(found)
    found["differences"]["b"]["accuracy"] |= {"deciding_rows": 1, "interval": [-0.3, -0.1]}
    text = conclusion(found, "b")
    assert text.startswith("Whether b differs from a in accuracy by more than chance cannot be told: 50.00% against ")
    assert text.endswith("; exactly one of them is right on 1 row, and 6 are needed.")
    assert "undecided (1 deciding row, 6 needed)" in as_text(found)


def test_undecided_verdict_of_another_metric_counts_the_rows_that_differ() -> None:
    found = comparison() | {"metric": "macro_f1"}
    found["models"] = [{"name": name, "metrics": {"macro_f1": 0.5}} for name in ("a", "b")]
    found["differences"]["b"] = {"macro_f1": found["differences"]["b"]["accuracy"] | {"deciding_rows": 2}}
    assert conclusion(found, "b").endswith("; they differ on 2 rows, and 6 are needed.")


def test_long_curves_show_an_even_selection_and_each_models_last_epoch() -> None:
    curves = {"a": [(step, 1.0) for step in range(7)], "b": [(step, 0.5) for step in range(100)]}
    table = as_text(comparison(loss=curves)).partition("loss by epoch")[2].partition("\n\n")[0]
    epochs = [int(line.split()[0]) for line in table.splitlines()[1:] if line[:1].isdigit()]
    assert (epochs[0], epochs[-1], len(epochs)) == (1, 100, 21)
    assert 7 in epochs
    assert table.endswith("and 79 more epochs, which --json lists")
    assert shown_epochs(range(1, 21), [3, 20]) == list(range(1, 21))


def test_epoch_without_a_finite_value_does_not_shift_the_later_ones() -> None:
    text = as_text(comparison(loss={"a": [(0, 1.0), (2, 0.25)], "b": [(2, 0.5)]}))
    rows = [line.split() for line in text.partition("loss by epoch")[2].splitlines()[1:3]]
    assert rows == [["1", "1.0000", "-"], ["3", "0.2500", "0.5000"]]
