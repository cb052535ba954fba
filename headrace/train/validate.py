"""Whether the settings of a training fit the table that it reads; seen before any rank is started."""

from collections.abc import Mapping

from headrace.config.sections.training import Loss, Monitor, Train
from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.table import Version

METRICS = {
    "classification": ("accuracy", "top_5_accuracy", "auc"),
    "multi_label": ("binary_accuracy", "macro_f1", "micro_f1", "auc"),
    "regression": ("mean_absolute_error", "root_mean_squared_error"),
}
FALLING = ("loss", "error")
DEFAULTS = {
    "classification": ("accuracy",),
    "multi_label": ("binary_accuracy", "macro_f1"),
    "regression": METRICS["regression"],
}


def require_fit(settings: Train, version: Version) -> None:
    """Raise unless `settings` can be followed with `version`.

    Raises:
        ConfigurationError: a loss, a metric or a class is named that the table's task does not have.
    """
    contract = version.contract
    require_loss(settings.loss, contract)
    names = metric_names(settings.metrics, contract)
    watched_metric(settings.monitor, names, bool(version.summary.counts.get("val")))
    class_weights(settings.loss, contract, version.summary.counts.get("train", {}))


def require_loss(settings: Loss, contract: Contract) -> None:
    """Raise if `settings` speak of classes and there are none, or weigh rows by a class of which they have many.

    Raises:
        ConfigurationError: they do.
    """
    if contract.task == "regression" and settings != Loss():
        raise ConfigurationError(
            "train.loss is set for classes, and the table has numbers to predict; leave train.loss out."
        )
    if contract.task == "multi_label" and settings.class_weights != "none":
        raise ConfigurationError(
            "train.loss.class_weights weighs a row by its class, and the table's rows have any number of them; "
            "leave it out, or weigh rows by prepare.weights."
        )


def metric_names(chosen: tuple[str, ...] | None, contract: Contract) -> tuple[str, ...]:
    """The metrics that are shown beside the loss; those of the task where none are chosen.

    Raises:
        ConfigurationError: a metric of the other task is chosen.
    """
    known = METRICS[contract.task]
    wrong = [name for name in chosen or () if name not in known]
    if wrong:
        raise ConfigurationError(
            f"train.metrics names {', '.join(wrong)}, but the table is one of {contract.task}; "
            f"expected some of {', '.join(known)}, or leave train.metrics out."
        )
    return DEFAULTS[contract.task] if chosen is None else chosen


def watched_metric(settings: Monitor, metrics: tuple[str, ...], validates: bool) -> str:
    """The name under which the watched figure stands in the logs of an epoch.

    Raises:
        ConfigurationError: there will be no figure of the name that `settings` give.
    """
    known = ["loss", *metrics]
    known += [f"val_{name}" for name in known] if validates else []
    name = settings.metric or ("val_loss" if validates else "loss")
    if name not in known:
        hint = "" if validates else "; the table has no validation split"
        raise ConfigurationError(f"train.monitor.metric is {name!r}; expected one of {', '.join(known)}{hint}.")
    return name


def is_best_small(settings: Monitor, metric: str) -> bool:
    """Whether the smallest value of the watched `metric` is the best."""
    return settings.mode == "min" or (settings.mode == "auto" and metric.endswith(FALLING))


def class_weights(settings: Loss, contract: Contract, counts: Mapping[str, int]) -> tuple[float, ...] | None:
    """The weight of each class, in the order of the contract; None where all weigh 1.

    `balanced` gives a class rows / (classes x rows of the class), so that the mean over rows is 1.

    Args:
        counts: rows of each class in the training split.

    Raises:
        ConfigurationError: a class that the table does not have is named.
    """
    chosen = settings.class_weights
    if chosen == "none":
        return None
    if chosen == "balanced":
        rows = sum(counts.values())
        return tuple(
            rows / (len(contract.classes) * counts[name]) if counts.get(name) else 1.0 for name in contract.classes
        )
    unknown = sorted(set(chosen) - set(contract.classes))
    if unknown:
        raise ConfigurationError(
            f"train.loss.class_weights names {', '.join(unknown)}; "
            f"the table has the classes {', '.join(contract.classes)}."
        )
    return tuple(chosen.get(name, 1.0) for name in contract.classes)
