"""Reject loss settings that do not apply to regression targets."""

from headrace.config.sections.training import Loss


def loss_settings_error(settings: Loss) -> str | None:
    """Return what is wrong with `settings`, or None."""
    if settings == Loss():
        return None
    return "train.loss has settings for classes, but the table is prepared for regression; remove train.loss."
