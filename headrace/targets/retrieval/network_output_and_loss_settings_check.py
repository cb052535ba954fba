"""Check the outputs of a network, the probability of each item for each row, and the settings of its loss."""

from headrace.targets.classification.network_output_and_loss_settings_check import (
    count,
    impossible_outputs,
    loss_settings_error,
    random_rows,
    scale,
)

__all__ = ["MEANING", "count", "impossible_outputs", "loss_settings_error", "random_rows", "scale"]

MEANING = "one per item"
