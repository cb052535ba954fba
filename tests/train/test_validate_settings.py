"""Settings that the table cannot satisfy are refused before ranks start; class weights."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headrace.config.sections.preparation import Prepare
from headrace.config.sections.training import Loss, Monitor, Train
from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.train.class_weights import class_weights
from headrace.train.monitored_metric import bundle_has_best_epoch, metric_names, monitored_metric
from headrace.train.validate_settings import (
    changed_length_warning,
    log_newer_version,
    require_optimizer_updates,
    require_settings_fit_table,
    small_split_warning,
    warn_of_other_preparation,
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
        ({"loss": {"negatives": "batch"}}, "expected a table of prepare.task retrieval, or no train.loss.negatives"),
    ],
)
def test_require_settings_fit_table_refuses_unsuitable_settings(
    tmp_path: Any, settings: dict[str, Any], told: str
) -> None:
    version = write_table(tmp_path / "table", Content(splits={"train": some_rows(12)}))
    require_settings_fit_table(Train(run="run"), version)
    with pytest.raises(ConfigurationError) as refused:
        require_settings_fit_table(Train.model_validate({"run": "run", **settings}), version)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"loss": {"negatives": "batch", "label_smoothing": 0.1}},
            "train.loss.label_smoothing needs the outputs",
        ),
        ({"loss": {"negatives": "batch", "name": "CategoricalFocalCrossentropy"}}, "train.loss.name needs the outputs"),
        ({"monitor": {"metric": "recall_at_10"}}, "Set it to val_recall_at_10, with a validation split in the table"),
        ({"keras_metrics": {"TopKCategoricalAccuracy": {}}}, "train.keras_metrics would see the items of a batch only"),
    ],
)
def test_settings_that_need_all_items_are_refused_with_negatives_of_the_batch(
    tmp_path: Any, settings: dict[str, Any], told: str
) -> None:
    version = write_table(tmp_path / "table", Content(splits={"train": some_rows(12)}))
    contract = version.contract.model_copy(update={"task": "retrieval"})
    version = replace(version, summary=version.summary.model_copy(update={"contract": contract}))
    plain = {"loss": {"negatives": "batch"}, "run": "run"}
    weighted = {"loss": {"negatives": "batch", "class_weights": "balanced"}, "optimizer": {"accumulate_steps": 2}}
    require_settings_fit_table(Train.model_validate(plain | weighted), version)
    with pytest.raises(ConfigurationError) as refused:
        require_settings_fit_table(Train.model_validate(plain | settings), version)
    assert told in str(refused.value)


@pytest.mark.parametrize(("before", "change"), [(5, "rises again"), (40, "falls at once to that of a shorter run")])
def test_other_epochs_of_a_begun_cosine_schedule_name_the_way_to_one_fall(before: int, change: str) -> None:
    cosine = {"run": "run", "epochs": 15, "optimizer": {"schedule": {"kind": "cosine"}}}
    warning = changed_length_warning(Train.model_validate(cosine), before)
    assert f"spans 15 epochs: the learning rate {change}" in warning
    assert "name another train.run, or start over with --restart" in warning
    assert changed_length_warning(Train(run="run", epochs=15), before) == ""


def test_metric_names_refuse_class_metrics_for_regression() -> None:
    with pytest.raises(ConfigurationError, match=r"train\.metrics names accuracy, .* mean_absolute_error, root_mean"):
        metric_names(("accuracy", "mean_absolute_error"), NUMBERS)


@pytest.mark.parametrize(
    ("metric", "wrong", "right"), [("val_loss", "max", "min"), ("val_accuracy", "min", "max"), ("loss", "max", "min")]
)
def test_direction_in_which_the_metric_gets_worse_is_refused(metric: str, wrong: str, right: str) -> None:
    settings = Monitor.model_validate({"metric": metric, "mode": right})
    assert monitored_metric(settings, ("accuracy",), validates=True) == metric
    with pytest.raises(ConfigurationError, match=f"{metric} is better the .*Set it to {right}, or to auto"):
        monitored_metric(settings.model_copy(update={"mode": wrong}), ("accuracy",), validates=True)


def test_metric_that_validation_rows_of_one_class_do_not_define_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is 0 in each epoch, so that the first would be the best."""
    one_class = replace(some_rows(4), labels=[1] * 4)
    version = write_table(tmp_path / "table", Content(splits={"train": some_rows(12), "val": one_class}))
    settings = Train.model_validate({"run": "run", "metrics": ["accuracy", "auc"]})
    require_settings_fit_table(settings, version)
    assert "The metrics val_auc are 0 in every epoch" in caplog.text
    with pytest.raises(ConfigurationError, match="monitor.metric is val_auc, but the rows of the val split are all"):
        require_settings_fit_table(settings.model_copy(update={"monitor": Monitor(metric="val_auc")}), version)
    caplog.clear()
    require_settings_fit_table(settings.model_copy(update={"monitor": Monitor(metric="auc")}), version)
    whole = write_table(tmp_path / "whole", Content(splits={"train": some_rows(12), "val": some_rows(4)}))
    require_settings_fit_table(settings.model_copy(update={"monitor": Monitor(metric="val_auc")}), whole)
    assert caplog.text.count("are 0 in every epoch") == 1


@pytest.mark.parametrize(
    ("settings", "validates", "best"),
    [
        ({"patience": 3}, True, True),
        ({"patience": 3}, False, False),
        ({}, True, False),
        ({"patience": 3, "bundle": "last"}, True, False),
        ({"bundle": "best"}, False, True),
    ],
)
def test_bundle_has_the_best_epoch_by_default_where_validation_stops_early(
    settings: dict[str, Any], validates: bool, best: bool
) -> None:
    assert bundle_has_best_epoch(Monitor.model_validate(settings), validates=validates) == best


def test_balanced_class_weights_are_inverse_frequencies_with_mean_1() -> None:
    counts = {"bag": 10, "boot": 30, "coat": 20}
    weights = class_weights(Loss(class_weights="balanced"), CONTRACT, counts)
    assert weights == pytest.approx((2.0, 2 / 3, 1.0))
    del counts["boot"]  # a class without rows is no class
    assert class_weights(Loss(class_weights="balanced"), CONTRACT, counts) == pytest.approx((1.5, 1.0, 0.75))


def test_class_weights_by_name_leave_others_at_1() -> None:
    assert class_weights(Loss(class_weights={"coat": 5.0}), CONTRACT, {}) == (1.0, 1.0, 5.0)
    assert class_weights(Loss(), CONTRACT, {}) is None


def test_class_weights_of_0_for_all_rows_are_refused() -> None:
    """A run would end with its initial weights, and metrics of 0 rows."""
    with pytest.raises(ConfigurationError, match="every class with training rows has the weight 0"):
        class_weights(Loss(class_weights={"bag": 0.0, "boot": 0.0}), CONTRACT, {"bag": 5, "boot": 7})
    assert class_weights(Loss(class_weights={"bag": 0.0}), CONTRACT, {"bag": 5, "boot": 7}) == (0.0, 1.0, 1.0)


def test_class_weights_name_unknown_class() -> None:
    with pytest.raises(ConfigurationError, match=r"names hat; the table has the classes bag, boot, coat"):
        class_weights(Loss(class_weights={"hat": 2.0}), CONTRACT, {})


def train_settings(optimizer: dict[str, Any]) -> Train:
    return Train.model_validate({"run": "run", "epochs": 2, "optimizer": optimizer})


def test_run_too_short_for_one_accumulated_update_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"accumulate_steps is 64, but the run has 20 steps \(2 epochs of 10\)"
    ):
        require_optimizer_updates(train_settings({"accumulate_steps": 64}), steps_per_epoch=10)


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
    require_optimizer_updates(train_settings(optimizer), steps_per_epoch=10)
    assert warning in caplog.text
    assert bool(caplog.records) == bool(warning)


def test_training_split_of_fewer_rows_than_one_global_batch_gets_a_warning_with_the_factor() -> None:
    settings = Train(run="run", ranks=2, batch_size=1550)
    warning = small_split_warning(settings, 310)
    assert "310 rows, fewer than the global batch of 3,100 (train.ranks x train.batch_size = 2 x 1550)" in warning
    assert "the effective learning rate are 0.1 times those of a full batch" in warning
    assert "Set train.batch_size=155, or" in warning
    assert small_split_warning(settings, 3100) == ""


def test_training_on_an_older_version_names_the_newest(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    versions = [write_table(tmp_path / "table", Content(splits={"train": some_rows(rows)})) for rows in (12, 20)]
    log_newer_version(versions[1])
    assert caplog.text == ""
    log_newer_version(versions[0])
    assert "reads version 0 of" in caplog.text
    assert "as train.data_version says; the newest is version 1" in caplog.text


def test_settings_that_the_table_was_not_prepared_with_get_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    version = write_table(tmp_path / "table", Content(splits={"train": some_rows(12)}))
    same = Prepare.model_validate(version.summary.settings)
    warn_of_other_preparation(same.model_copy(update={"max_rejects": 0.5}), version)
    assert caplog.text == ""
    image = same.image.model_copy(update={"resize": "pad"})
    warn_of_other_preparation(same.model_copy(update={"seed": 3, "image": image}), version)
    assert "prepare.image.resize was crop and is pad, prepare.seed was 0 and is 3. It is used as it is" in caplog.text


def test_warning_of_other_splits_says_how_to_keep_them_and_has_a_command_that_changes_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command as printed names the configuration; without --full, `prepare` refuses other splits."""
    version = write_table(tmp_path / "table", Content(splits={"train": some_rows(12)}))
    same = Prepare.model_validate(version.summary.settings)
    splits = same.splits.model_copy(update={"method": "stratified"})
    monkeypatch.setattr("sys.argv", ["/bin/headrace", "train", "conf/images.yaml", "train.epochs=2"])
    warn_of_other_preparation(same.model_copy(update={"splits": splits}), version)
    assert (
        "prepare.splits.method was hash and is stratified. It is used as it is. To keep it, write its values into "
        in (caplog.text)
    )
    assert "to change it, run `headrace prepare conf/images.yaml --full`." in caplog.text
    caplog.clear()
    warn_of_other_preparation(same.model_copy(update={"seed": 3}), version)
    assert "run `headrace prepare conf/images.yaml`." in caplog.text
