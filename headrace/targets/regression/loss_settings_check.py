"""Reject loss settings that do not apply to regression targets."""

from headrace.config.sections.training import Loss


def loss_settings_error(settings: Loss) -> str | None:
    """Return what is wrong with `settings`, or None."""
    return class_settings_error(settings, "regression")


def class_settings_error(settings: Loss, task: str) -> str | None:
    """Return that `settings` name classes, which a table of `task` does not have, or None."""
    for key in ("label_smoothing", "class_weights"):
        if getattr(settings, key) != getattr(Loss(), key):
            return f"train.loss.{key} is for classes, but the table is prepared for {task}; remove it."
    return None
