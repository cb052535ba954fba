"""Check that the training settings fit the table, before any rank starts."""

import logging
from typing import Any, Protocol

from headrace.config.sections.preparation import Prepare
from headrace.config.sections.training import Loss, Train
from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.features.input_kind_loader import KINDS
from headrace.processes.own_command_line_and_utc_now import command_line
from headrace.processes.prepare_command_from_training_command import prepare_command
from headrace.table import Version
from headrace.table.transaction_log import newest_number
from headrace.targets.target_kind_loader import target_module
from headrace.train.class_weights import class_weights
from headrace.train.monitored_metric import metric_names, monitored_metric
from headrace.wording import quantity

log = logging.getLogger(__name__)


class LossSettingsCheckInterface(Protocol):
    """The module `network_output_and_loss_settings_check` of a target kind."""

    def loss_settings_error(self, settings: Loss) -> str | None:
        """Return why the settings do not fit the kind, as a sentence with the way out; None if they do."""


def require_settings_fit_table(settings: Train, version: Version) -> None:
    """Raise unless `settings` fit the table `version`.

    Raises:
        ConfigurationError: the settings name a loss, a metric or a class that the table's task does not have, or
            monitor a metric that the rows of its split do not define.
    """
    contract = version.contract
    require_loss(settings.loss, contract)
    names = metric_names(settings.metrics, contract)
    metric = monitored_metric(settings.monitor, names, bool(version.summary.counts.get("val")))
    _require_no_metrics_of_training(settings, metric)
    require_defined(metric, names, version)
    class_weights(settings.loss, contract, version.summary.counts.get("train", {}))


def _require_no_metrics_of_training(settings: Train, monitored: str) -> None:
    """Raise if a metric is needed that a training step among the items of its batch does not compute.

    Raises:
        ConfigurationError: it is the monitored one, or a metric of Keras, which are made for outputs of all items.
    """
    if settings.loss.negatives == "all":
        return
    if monitored != "loss" and not monitored.startswith("val_"):
        raise ConfigurationError(
            f"train.monitor.metric is {monitored}, and with train.loss.negatives=batch training rows are not ranked "
            f"among all items. Set it to val_{monitored}, with a validation split in the table, or to loss."
        )
    if settings.keras_metrics:
        raise ConfigurationError(
            "train.keras_metrics would see the items of a batch only, as train.loss.negatives is batch. Remove them, "
            "or set train.loss.negatives=all; train.metrics are those of all items in validation."
        )


def warn_of_other_preparation(settings: Prepare, version: Version) -> None:
    """Warn of settings of the preparation that the table was not prepared with, as training uses it as it is."""
    given, used = settings.model_dump(mode="json"), version.summary.settings
    unused = {*KINDS, "max_rejects", "expectations"} - {settings.input}
    differing = [name for name in given.keys() & used.keys() - unused if given[name] != used[name]]
    if differing:
        # `prepare` refuses other splits of a table without it.
        full = " --full" if "splits" in differing else ""
        log.warning(
            "%s was prepared with other settings than those of the configuration: %s. It is used as it is. To keep it, "
            "write its values into the configuration file; to change it, run `%s%s`.",
            version.table, ", ".join(_differences(name, given[name], used[name]) for name in sorted(differing)),
            prepare_command(command_line()), full,
        )  # fmt: skip


def log_newer_version(version: Version) -> None:
    """Log that a new run reads a version of the table that is not the newest."""
    newest = newest_number(version.table) or 0
    if newest > version.number:
        log.info(
            "The run reads version %s of %s, as train.data_version says; the newest is version %s.",
            version.number, version.table, newest,
        )  # fmt: skip


def _differences(name: str, given: Any, used: Any) -> str:
    """Return a differing key of `prepare`, or those below it, with both values."""
    if isinstance(given, dict) and isinstance(used, dict):
        keys = [key for key in given if key in used and given[key] != used[key]]
        return ", ".join(_differences(f"{name}.{key}", given[key], used[key]) for key in keys) or f"prepare.{name}"
    return f"prepare.{name} was {used} and is {given}"


def require_defined(monitored: str, metrics: tuple[str, ...], version: Version) -> None:
    """Raise unless the rows of its split define the `monitored` metric; warn of others that they do not define.

    An undefined metric is reported as 0, so that no epoch would be better than the first.

    Raises:
        ConfigurationError: the metric is the area under the curve or F1, and the split lacks the classes for it.
    """
    split, prefix = ("val", "val_") if version.summary.counts.get("val") else ("train", "")
    undefined = [f"{prefix}{name}" for name in metrics if not _is_defined(name, version, split)]
    lacking = f"the rows of the {split} split are all of one class, or of none, and do not define"
    if monitored in undefined:
        raise ConfigurationError(
            f"train.monitor.metric is {monitored}, but {lacking} it. Set it to {prefix}loss, or prepare a {split} "
            "split with several classes."
        )
    if undefined:
        log.warning("The metrics %s are 0 in every epoch: %s them.", ", ".join(undefined), lacking)


def _is_defined(metric: str, version: Version, split: str) -> bool:
    """Return whether the labels of the split's rows define the metric: both kinds of rows for an area, any for F1."""
    counts = version.summary.class_counts.get(split, {}).values()
    rows = sum(shard.rows for shard in version.split(split))
    if metric == "auc":
        return any(0 < count < rows for count in counts)
    return not metric.endswith("f1") or any(counts)


def require_optimizer_updates(settings: Train, steps_per_epoch: int) -> None:
    """Raise unless the training applies an update; warn of steps and of a schedule that have no effect.

    Raises:
        ConfigurationError: gradients are accumulated over more steps than the run has.
    """
    optimizer, steps = settings.optimizer, steps_per_epoch * settings.epochs
    if optimizer.accumulate_steps > steps:
        raise ConfigurationError(
            f"train.optimizer.accumulate_steps is {optimizer.accumulate_steps}, but the run has "
            f"{quantity(steps, 'step')} ({quantity(settings.epochs, 'epoch')} of {steps_per_epoch}); "
            "no update would ever be applied."
        )
    if remainder := steps % optimizer.accumulate_steps:
        log.warning(
            "The gradients of the last %s of %s steps are not applied, because train.optimizer.accumulate_steps is %s.",
            remainder, steps, optimizer.accumulate_steps,
        )  # fmt: skip
    if optimizer.schedule.warmup_epochs > settings.epochs:
        log.warning(
            "The run ends in its warmup: train.optimizer.schedule.warmup_epochs is %s, train.epochs %s.",
            optimizer.schedule.warmup_epochs, settings.epochs,
        )  # fmt: skip
    late = [epoch for epoch in optimizer.schedule.at_epochs if epoch >= settings.epochs]
    if late:
        log.warning(
            "The learning rate does not change at epochs %s of train.optimizer.schedule.at_epochs: the run has %s.",
            late, settings.epochs,
        )  # fmt: skip


def small_split_warning(settings: Train, rows: int) -> str:
    """Return what a training split of fewer rows than one global batch means for the gradient; empty if it has them.

    Args:
        rows: of the training split, at least one for each rank.
    """
    batch = settings.ranks * settings.batch_size
    if rows >= batch:
        return ""
    return (
        f"The training split has {quantity(rows, 'row')}, fewer than the global batch of {batch:,} (train.ranks x "
        f"train.batch_size = {settings.ranks} x {settings.batch_size}). As each gradient is divided by {batch:,} rows, "
        f"it and so the effective learning rate are {rows / batch:.2g} times those of a full batch. Set "
        f"train.batch_size={rows // settings.ranks}, or a smaller one."
    )


def changed_length_warning(settings: Train, before: int) -> str:
    """Return what other epochs than `before` mean for the schedule of a run that has begun; empty if nothing."""
    if settings.optimizer.schedule.kind != "cosine":
        return ""
    change = "rises again" if settings.epochs > before else "falls at once to that of a shorter run"
    return (
        f"From here on the cosine schedule spans {quantity(settings.epochs, 'epoch')}: the learning rate {change}. To "
        "train all of them on one fall of the rate, name another train.run, or start over with --restart."
    )


def require_loss(settings: Loss, contract: Contract) -> None:
    """Raise unless the loss `settings` fit the task of the `contract`.

    Raises:
        ConfigurationError: class settings for regression, class weights for multi-label targets, or negatives for
            targets that are not items or for another loss than the cross-entropy.
    """
    if settings.negatives == "batch":
        _require_cross_entropy_of_items(settings, contract)
    if settings.name is not None and settings.label_smoothing:
        raise ConfigurationError(
            "train.loss.label_smoothing would have no effect, as train.loss.name names a loss; remove one of them, or "
            "set train.loss.options.label_smoothing if the loss has it."
        )
    if settings.name is None and settings.options:
        raise ConfigurationError("train.loss.options are arguments of a loss that train.loss.name names; name it.")
    module: LossSettingsCheckInterface = target_module(contract.task, "network_output_and_loss_settings_check")
    if fault := module.loss_settings_error(settings):
        raise ConfigurationError(fault)


def _require_cross_entropy_of_items(settings: Loss, contract: Contract) -> None:
    """Raise unless a row has one of many items, and the loss is the plain cross-entropy of its probability."""
    if not contract.target.has_items:
        raise ConfigurationError(
            f"train.loss.negatives is batch, but the table is prepared for {contract.task}; expected a table of "
            "prepare.task retrieval, or no train.loss.negatives."
        )
    other = "name" if settings.name is not None else "label_smoothing" if settings.label_smoothing else None
    if other is not None:
        raise ConfigurationError(
            f"train.loss.negatives=batch is a cross-entropy among the items of a batch, and train.loss.{other} needs "
            "the outputs of all items; remove one of them."
        )
