"""Loss and training metrics of regression models.

The metrics' states are sums of absolute or squared errors and the number of rows, which can be summed over ranks.
"""

import keras

from headrace.config.sections.training import Loss
from headrace.contract import Contract


def make_loss(settings: Loss, contract: Contract) -> keras.losses.Loss:
    """Return the mean squared error."""
    return keras.losses.MeanSquaredError()


def make_metric(name: str, contract: Contract) -> keras.metrics.Metric:
    """Return the metric `name` of the kind's `training_metrics`."""
    if name == "mean_absolute_error":
        return keras.metrics.MeanAbsoluteError(name=name)
    return keras.metrics.RootMeanSquaredError(name=name)
