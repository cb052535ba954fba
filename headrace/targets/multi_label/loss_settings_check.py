"""Reject loss settings that do not apply to multi-label targets."""

from headrace.config.sections.training import Loss


def loss_settings_error(settings: Loss) -> str | None:
    """Return what is wrong with `settings`, or None."""
    if settings.class_weights == "none":
        return None
    return (
        "train.loss.class_weights weights a row by its class, but a row of a multi_label table has any number of "
        "classes; remove it, or weight rows by prepare.weights."
    )
