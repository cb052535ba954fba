"""Reading metrics.jsonl, complete or with partial lines."""

import json
import math
from pathlib import Path
from typing import Any

from headrace.runs.metrics_log_reader import MetricsLog, points, read_metrics


def write_log(folder: Path, *lines: dict[str, Any] | str) -> Path:
    """Write a metrics log with these lines and return its path."""
    path = folder / "metrics.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def step_line(number: int, loss: float) -> dict[str, Any]:
    """Return the line of a step."""
    return {"kind": "step", "step": number, "epoch": 0, "loss": loss, "seconds": 1.0}


def test_metrics_log_without_file_is_empty(tmp_path: Path) -> None:
    history = read_metrics(tmp_path / "metrics.jsonl")
    assert (history.steps, history.epochs, history.metrics) == ((), (), ())


def test_metrics_log_keeps_the_later_line_and_orders_steps(tmp_path: Path) -> None:
    path = write_log(
        tmp_path,
        step_line(10, 1.0),
        step_line(20, 0.9),
        step_line(30, 0.8),
        step_line(20, 0.7),
        step_line(30, 0.6),
        step_line(40, 0.5),
    )
    assert points(read_metrics(path).steps, "loss") == [(10, 1.0), (20, 0.7), (30, 0.6), (40, 0.5)]


def test_metrics_log_separates_steps_from_epochs(tmp_path: Path) -> None:
    path = write_log(
        tmp_path, step_line(10, 1.0), {"kind": "epoch", "step": 10, "epoch": 0, "loss": 2.0, "val_loss": 3.0}
    )
    history = read_metrics(path)
    assert points(history.steps, "loss") == [(10, 1.0)]
    assert points(history.epochs, "loss") == [(10, 2.0)]
    assert points(history.epochs, "val_loss") == [(10, 3.0)]


def test_metrics_log_skips_partial_lines(tmp_path: Path) -> None:
    path = write_log(
        tmp_path, step_line(10, 1.0), '{"kind": "step", "st' + json.dumps(step_line(20, 0.9)), '{"kind": "step", "ste'
    )
    assert points(read_metrics(path).steps, "loss") == [(10, 1.0)]


def test_metrics_log_skips_other_kinds_and_non_numbers(tmp_path: Path) -> None:
    path = write_log(tmp_path, {"kind": "note", "step": 1}, "[1]", step_line(10, 1.0) | {"note": "slow", "flag": True})
    history = read_metrics(path)
    assert history.metrics == ("loss",)
    assert len(history.steps) == 1


def test_points_skip_non_finite_values(tmp_path: Path) -> None:
    path = write_log(tmp_path, step_line(10, 1.0), step_line(20, float("nan")), step_line(30, float("inf")))
    assert points(read_metrics(path).steps, "loss") == [(10, 1.0)]


def test_metrics_log_lists_loss_and_accuracy_first(tmp_path: Path) -> None:
    line = {"kind": "epoch", "step": 1, "epoch": 0, "val_auc": 0.5, "accuracy": 0.5, "a": 1, "loss": 1, "seconds": 2}
    assert read_metrics(write_log(tmp_path, line)).metrics == ("loss", "accuracy", "a", "auc")


def test_epoch_columns_are_metrics_of_which_an_epoch_has_a_value() -> None:
    """Steps alone have a learning rate, and a validation that was never finite has no value to show."""
    epochs = ({"step": 4.0, "loss": 2.0, "val_loss": 3.0, "val_auc": math.nan}, {"step": 8.0, "loss": 1.0})
    log = MetricsLog(({"step": 1.0, "learning_rate": 0.1, "loss": 2.0},), epochs)
    assert log.epoch_columns() == ("loss",)
    assert log.epoch_columns("val_") == ("val_loss",)


def test_training_time_is_that_of_the_last_line(tmp_path: Path) -> None:
    """Ranks count the seconds of all attempts, so that a resumed run goes on where the checkpoint left off."""
    path = write_log(tmp_path, step_line(1, 0.1) | {"seconds": 2.0}, step_line(2, 0.1) | {"seconds": 5.0})
    assert read_metrics(path).training_seconds == 5.0
    assert read_metrics(tmp_path / "absent").training_seconds == 0
