"""What settings ask of a table is seen, and refused in a sentence, before ranks are started; class weights."""

from typing import Any

import pytest

from headrace.config.sections.training import Loss, Monitor, Train
from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.train.validate_settings import class_weights, metric_names, require_fit, watched_metric
from tests.support.small_table import Content, some_rows, write_table

CONTRACT = Contract(columns={}, classes=("bag", "boot", "coat"))
NUMBERS = Contract(columns={}, task="regression")


def test_without_a_choice_the_metrics_are_those_of_the_task() -> None:
    assert metric_names(None, CONTRACT) == ("accuracy",)
    assert metric_names(None, NUMBERS) == ("mean_absolute_error", "root_mean_squared_error")
    assert metric_names(("auc", "accuracy"), CONTRACT) == ("auc", "accuracy")


def test_the_loss_is_watched_if_nothing_else_and_of_validation_if_there_is_any() -> None:
    assert watched_metric(Monitor(), ("accuracy",), validates=True) == "val_loss"
    assert watched_metric(Monitor(), ("accuracy",), validates=False) == "loss"
    assert watched_metric(Monitor(metric="val_auc"), ("auc",), validates=True) == "val_auc"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"metrics": ["root_mean_squared_error"]}, "the table is prepared for classification; expected some of"),
        ({"monitor": {"metric": "val_loss"}}, "expected one of loss, accuracy; the table has no validation split"),
        ({"monitor": {"metric": "auc"}}, "expected one of loss, accuracy; the table"),
        ({"loss": {"class_weights": {"hat": 2.0}}}, "names hat; the table has the classes coat, bag, boot"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Any, settings: dict[str, Any], told: str) -> None:
    version = write_table(tmp_path / "table", Content(splits={"train": some_rows(12)}))
    require_fit(Train(run="run"), version)
    with pytest.raises(ConfigurationError) as refused:
        require_fit(Train.model_validate({"run": "run", **settings}), version)
    assert told in str(refused.value)


def test_metrics_of_classes_are_refused_for_numbers() -> None:
    with pytest.raises(ConfigurationError, match=r"train\.metrics names accuracy, .* mean_absolute_error, root_mean"):
        metric_names(("accuracy", "mean_absolute_error"), NUMBERS)


def test_balanced_weights_make_classes_equal_and_the_mean_1() -> None:
    counts = {"bag": 10, "boot": 30, "coat": 20}
    weights = class_weights(Loss(class_weights="balanced"), CONTRACT, counts)
    assert weights == pytest.approx((2.0, 2 / 3, 1.0))


def test_weights_by_name_leave_the_others_at_1() -> None:
    assert class_weights(Loss(class_weights={"coat": 5.0}), CONTRACT, {}) == (1.0, 1.0, 5.0)
    assert class_weights(Loss(), CONTRACT, {}) is None


def test_a_class_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"names hat; the table has the classes bag, boot, coat"):
        class_weights(Loss(class_weights={"hat": 2.0}), CONTRACT, {})
