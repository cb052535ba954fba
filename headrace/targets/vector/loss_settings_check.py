"""Reject loss settings that do not apply to vectors."""

from headrace.config.sections.training import Loss
from headrace.targets.regression.loss_settings_check import class_settings_error


def loss_settings_error(settings: Loss) -> str | None:
    """Return what is wrong with `settings`, or None."""
    return class_settings_error(settings, "vector")
