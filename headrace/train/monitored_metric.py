"""Name the metrics of a training, and the one that decides on early stopping and the best epoch."""

from headrace.config.sections.training import Monitor
from headrace.contract import Contract
from headrace.errors import ConfigurationError

# Endings of the names of metrics that fall when a model improves.
LOWER_IS_BETTER = ("loss", "error")


def metric_names(chosen: tuple[str, ...] | None, contract: Contract) -> tuple[str, ...]:
    """Return the names of the metrics in addition to the loss; the defaults of the task when `chosen` is None.

    Raises:
        ConfigurationError: a chosen metric does not exist for the task.
    """
    known = contract.target.training_metrics
    invalid = [name for name in chosen or () if name not in known]
    if invalid:
        raise ConfigurationError(
            f"train.metrics names {', '.join(invalid)}, but the table is prepared for {contract.task}; "
            f"expected some of {', '.join(known)}, or no train.metrics."
        )
    return contract.target.default_training_metrics if chosen is None else chosen


def monitored_metric(settings: Monitor, metrics: tuple[str, ...], validates: bool) -> str:
    """Return the name of the monitored metric in the logs of an epoch.

    Raises:
        ConfigurationError: `settings` name a metric that the training does not report, or the direction in which it
            gets worse.
    """
    known = ["loss", *metrics]
    known += [f"val_{name}" for name in known] if validates else []
    name = settings.metric or ("val_loss" if validates else "loss")
    if name not in known:
        hint = "" if validates else "; the table has no validation split"
        raise ConfigurationError(f"train.monitor.metric is {name!r}; expected one of {', '.join(known)}{hint}.")
    right = "min" if is_lower_better(name) else "max"
    if settings.mode not in ("auto", right):
        raise ConfigurationError(
            f"train.monitor.mode is {settings.mode}, by which the worst epoch would be the best: {name} is better the "
            f"{'lower' if right == 'min' else 'higher'} it is. Set it to {right}, or to auto."
        )
    return name


def is_lower_better(metric: str) -> bool:
    """Return whether the smallest value of `metric` is the best."""
    return metric.endswith(LOWER_IS_BETTER)


def bundle_has_best_epoch(settings: Monitor, *, validates: bool) -> bool:
    """Return whether the bundle gets the weights of the best epoch, not those of the last.

    Args:
        validates: whether the table has a validation split.
    """
    return settings.bundle == "best" or (settings.bundle == "auto" and validates and settings.patience is not None)
