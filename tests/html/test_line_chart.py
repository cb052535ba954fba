"""Positions of curves and ticks of their axes."""

import re

import pytest

from headrace.html.axis_scale import fraction_axis, step_axis, value_axis
from headrace.html.line_chart import BOTTOM, BUCKETS, LEFT, RIGHT, TOP, curve
from headrace.html.template_filters import metric
from headrace.runs.metrics_log_reader import Metrics, MetricsLog


def step_lines(*values: float, name: str = "loss") -> tuple[Metrics, ...]:
    """Return step lines of a metrics log, 10 steps apart."""
    return tuple({"step": 10.0 * number, name: value} for number, value in enumerate(values, 1))


def path_points(path: str) -> list[tuple[float, float]]:
    """Return the points of an SVG path."""
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)]


@pytest.mark.parametrize("values", [[0.0], [1.0], [0.97, 0.99], [0.1, 0.9], [0.0, 1.0]])
def test_fraction_axis_ends_at_one_and_contains_every_value(values: list[float]) -> None:
    axis = fraction_axis(values)
    assert axis.high == 1.0
    assert all(0 <= axis.position(value) <= 1 for value in [*values, *axis.ticks])
    assert 2 <= len(axis.ticks) <= 6


def test_fraction_axis_of_ones_does_not_enlarge_their_rounding() -> None:
    assert fraction_axis([1.0, 1.0 - 1e-9]).low == pytest.approx(0.9)
    assert fraction_axis([0.9997]).low == pytest.approx(0.9995)


@pytest.mark.parametrize(
    "values", [[0.0], [-3.0, 4.0], [2.3, 0.4], [5.0], [1e-9], [0.0, 1e9], [2.3, 0.001], [1e-7, 4.0], [3.0, 100.0]]
)
def test_value_axis_contains_every_value_and_some_ticks(values: list[float]) -> None:
    axis = value_axis(values)
    assert all(-1e-9 <= axis.position(value) <= 1 + 1e-9 for value in [*values, *axis.ticks])
    assert 2 <= len(axis.ticks) <= 9


@pytest.mark.parametrize("name", ["accuracy", "auc"])
def test_axis_of_a_rounded_1_ends_at_1(name: str) -> None:
    """The accuracy of 32-bit floats may be 1.00000001; an axis to 1.5 would be half empty."""
    chart = curve(MetricsLog(steps=step_lines(0.3, 1.0000000085, name=name), epochs=()), name)
    assert chart is not None
    assert chart.y_ticks[-1].label == ("100%" if name == "accuracy" else "1")
    assert value_axis([-1e-9, 1.0000001]).low == 0
    assert metric(1.0000000085, "val_accuracy") == "100.00%"
    assert metric(-1e-9, "accuracy") == "0.00%"


def test_metric_from_0_to_1_has_no_logarithmic_axis() -> None:
    log = MetricsLog(steps=step_lines(0.01, 0.9, name="mean_iou"), epochs=())
    chart = curve(log, "mean_iou")
    assert chart is not None
    assert not chart.logarithmic
    assert chart.y_ticks[-1].label == "1"


def test_value_axis_is_logarithmic_for_wide_ranges() -> None:
    assert value_axis([2.3, 0.01]).logarithmic
    assert value_axis([0.01, 2.3]).ticks == (0.01, 0.1, 1.0)
    assert not value_axis([2.3, 0.5]).logarithmic
    assert not value_axis([2.3, 0.0]).logarithmic


@pytest.mark.parametrize("last", [1, 7, 12, 60, 469, 4690, 123457])
def test_step_axis_has_integer_ticks(last: int) -> None:
    ticks = step_axis([1, last]).ticks
    assert all(tick == int(tick) <= last for tick in ticks)
    assert 2 <= len(ticks) <= 7


def test_curve_runs_from_left_to_right_within_its_frame() -> None:
    chart = curve(MetricsLog(step_lines(2.0, 1.5, 1.0)), "loss")
    assert chart
    line = path_points(chart.steps)
    assert [y for _, y in line] == sorted(y for _, y in line)
    assert line[-1][0] == RIGHT
    assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in line)
    assert chart.summary == "Loss by training step: 2.0000 at step 10, 1.0000 at step 30."


def test_curve_of_one_step_is_visible() -> None:
    chart = curve(MetricsLog(step_lines(2.0)), "loss")
    assert chart
    assert chart.steps.endswith("h4")


def test_long_curve_is_thinned_but_keeps_peaks() -> None:
    values = [1.0] * 50_000
    values[31_415] = 9.0
    chart = curve(MetricsLog(step_lines(*values)), "loss")
    assert chart
    line = path_points(chart.steps)
    assert len(line) <= 2 * BUCKETS
    assert min(y for _, y in line) < (TOP + BOTTOM) / 2 < max(y for _, y in line)


def test_curve_marks_epochs_with_their_metrics() -> None:
    epochs: tuple[Metrics, ...] = (
        {"step": 5.0, "epoch": 0.0, "accuracy": 0.5, "val_accuracy": 0.625},
        {"step": 10.0, "epoch": 1.0, "accuracy": 0.75},
    )
    chart = curve(MetricsLog(step_lines(0.6, name="accuracy"), epochs), "accuracy")
    assert chart
    assert [mark.text for mark in chart.training] == [
        "training accuracy after epoch 1: 50.00%",
        "training accuracy after epoch 2: 75.00%",
    ]
    assert [mark.text for mark in chart.validation] == ["validation accuracy after epoch 1: 62.50%"]
    assert "on the validation split 62.50% at the end" in chart.summary


def test_curve_without_finite_values_is_none() -> None:
    assert curve(MetricsLog(step_lines(float("nan"), float("inf"))), "loss") is None
    assert curve(MetricsLog(), "loss") is None
