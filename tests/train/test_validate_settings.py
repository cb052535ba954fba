"""Settings that the table cannot satisfy are refused before ranks start; class weights."""

from typing import Any

import pytest

from headrace.config.sections.training import Loss, Monitor, Train
from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.train.validate_settings import (
    class_weights,
    metric_names,
    monitored_metric,
    require_fit,
    require_updates,
)
from tests.support.small_table import Content, some_rows, write_table

CONTRACT = Contract(columns={}, classes=("bag", "boot", "coat"))
NUMBERS = Contract(columns={}, task="regression")


def test_metric_names_default_to_those_of_the_task() -> None:
    assert metric_names(None, CONTRACT) == ("accuracy",)
    assert metric_names(None, NUMBERS) == ("mean_absolute_error", "root_mean_squared_error")
    assert metric_names(("auc", "accuracy"), CONTRACT) == ("auc", "accuracy")


def test_watched_metric_defaults_to_validation_loss() -> None:
    """Without a validation split it is the training loss."""
    assert monitored_metric(Monitor(), ("accuracy",), validates=True) == "val_loss"
    assert monitored_metric(Monitor(), ("accuracy",), validates=False) == "loss"
    assert monitored_metric(Monitor(metric="val_auc"), ("auc",), validates=True) == "val_auc"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"metrics": ["root_mean_squared_error"]}, "the table is prepared for classification; expected some of"),
        ({"monitor": {"metric": "val_loss"}}, "expected one of loss, accuracy; the table has no validation split"),
        ({"monitor": {"metric": "auc"}}, "expected one of loss, accuracy; the table"),
        ({"loss": {"class_weights": {"hat": 2.0}}}, "names hat; the table has the classes coat, bag, boot"),
    ],
)
def test_require_fit_refuses_unsuitable_settings(tmp_path: Any, settings: dict[str, Any], told: str) -> None:
    version = write_table(tmp_path / "table", Content(splits={"train": some_rows(12)}))
    require_fit(Train(run="run"), version)
    with pytest.raises(ConfigurationError) as refused:
        require_fit(Train.model_validate({"run": "run", **settings}), version)
    assert told in str(refused.value)


def test_metric_names_refuse_class_metrics_for_regression() -> None:
    with pytest.raises(ConfigurationError, match=r"train\.metrics names accuracy, .* mean_absolute_error, root_mean"):
        metric_names(("accuracy", "mean_absolute_error"), NUMBERS)


def test_balanced_class_weights_are_inverse_frequencies_with_mean_1() -> None:
    counts = {"bag": 10, "boot": 30, "coat": 20}
    weights = class_weights(Loss(class_weights="balanced"), CONTRACT, counts)
    assert weights == pytest.approx((2.0, 2 / 3, 1.0))


def test_class_weights_by_name_leave_others_at_1() -> None:
    assert class_weights(Loss(class_weights={"coat": 5.0}), CONTRACT, {}) == (1.0, 1.0, 5.0)
    assert class_weights(Loss(), CONTRACT, {}) is None


def test_class_weights_name_unknown_class() -> None:
    with pytest.raises(ConfigurationError, match=r"names hat; the table has the classes bag, boot, coat"):
        class_weights(Loss(class_weights={"hat": 2.0}), CONTRACT, {})


def train_settings(optimizer: dict[str, Any]) -> Train:
    return Train.model_validate({"run": "run", "epochs": 2, "optimizer": optimizer})


def test_run_too_short_for_one_accumulated_update_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"accumulate_steps is 64, but the run has 20 steps \(2 epochs of 10\)"
    ):
        require_updates(train_settings({"accumulate_steps": 64}), steps_per_epoch=10)


@pytest.mark.parametrize(
    ("optimizer", "warning"),
    [
        ({"accumulate_steps": 6}, "The gradients of the last 2 of 20 steps are not applied"),
        ({"schedule": {"warmup_epochs": 3}}, "The run ends in its warmup"),
        ({"schedule": {"kind": "step", "at_epochs": [1, 2, 5]}}, "does not change at epochs [2.0, 5.0]"),
        ({"accumulate_steps": 5, "schedule": {"kind": "step", "at_epochs": [1.5], "warmup_epochs": 2}}, ""),
    ],
)
def test_settings_without_effect_get_a_warning(
    caplog: pytest.LogCaptureFixture, optimizer: dict[str, Any], warning: str
) -> None:
    require_updates(train_settings(optimizer), steps_per_epoch=10)
    assert warning in caplog.text
    assert bool(caplog.records) == bool(warning)
