"""Loss and training metrics of multi-label models; metrics' states can be summed over ranks."""

import keras

from headrace.config.sections.training import Loss
from headrace.contract import Contract
from headrace.train.model.losses_and_metrics.rank_summable_auc_and_f1 import HALF, LabelsAUC, LabelsF1


def make_loss(settings: Loss, contract: Contract) -> keras.losses.Loss:
    """Return the mean over labels of the binary cross-entropy."""
    return keras.losses.BinaryCrossentropy(label_smoothing=settings.label_smoothing)


def make_metric(name: str, contract: Contract) -> keras.metrics.Metric:
    """Return the metric `name` of the kind's `training_metrics`."""
    classes = len(contract.classes)
    if name == "auc":
        return LabelsAUC(classes)
    if name == "binary_accuracy":
        return keras.metrics.BinaryAccuracy(name=name, threshold=HALF)
    return LabelsF1(classes, "macro" if name == "macro_f1" else "micro", name)
