"""Loss and training metrics of items: the exact cross-entropy over all of them, and ranks among all of them.

Nothing is sampled here; `headrace.train.model.item_softmax_over_batch` may give the loss of training fewer items.
Metrics are means over rows.
"""

from typing import Any

import keras
import tensorflow as tf

from headrace.contract import Contract
from headrace.evaluate.item_ranks import cutoff
from headrace.targets.classification.objective import make_loss

__all__ = ["make_loss", "make_metric"]


class MeanOverRanks(keras.metrics.Mean):
    """The mean over rows of a function of the rank of the true item; see `headrace.evaluate.item_ranks`.

    Args:
        name: `mean_reciprocal_rank`, or `recall_at_K`.
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add (rows,) item indices, (rows, items) probabilities and (rows,) weights."""
        ranks = item_ranks(tf.reshape(y_true, (-1,)), tf.convert_to_tensor(y_pred))
        last = cutoff(self.name)
        values = 1 / ranks if last is None else tf.cast(ranks <= last, tf.float32)
        super().update_state(tf.cast(values, tf.float32), sample_weight=sample_weight)


def item_ranks(true: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Return the rank of the true item of each row, (rows,), as `headrace.evaluate.item_ranks.item_ranks`."""
    own = tf.gather(outputs, tf.cast(true, tf.int32), axis=1, batch_dims=1)
    below = tf.reduce_sum(tf.cast(outputs < own[:, None], tf.int32), 1)
    return tf.shape(outputs)[1] - below


def make_metric(name: str, contract: Contract) -> keras.metrics.Metric:
    """Return the metric `name` of the kind's `training_metrics`."""
    return MeanOverRanks(name=name)
