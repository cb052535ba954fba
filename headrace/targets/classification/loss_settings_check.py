"""Validate the loss settings of classification: all are supported."""

from headrace.config.sections.training import Loss


def loss_settings_error(settings: Loss) -> str | None:
    """Return None: classes have every setting of the loss."""
    return None
