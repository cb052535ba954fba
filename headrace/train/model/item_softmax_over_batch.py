"""Train a softmax over items with the items of the global batch as negatives, and use it over all items elsewhere.

Yi et al.: Sampling-bias-corrected neural modeling for large corpus item recommendations. RecSys 2019. A frequent item
is in more batches than a rare one, and would be pushed down for it; so the logarithm of the chance to be in the batch
is subtracted from its score. The paper has one term for each row of the batch, and the share of the rows as the chance;
here each item of the batch has one term, and 1 - (1 - share)^others as the chance that one of the other rows has it.
For rare items these agree up to a constant, and if every item is in every batch, this is the exact softmax. Given the
candidates, the odds of an item to be the chosen one are its probability divided by that chance (as in Jean et al.: On
using very large target vocabulary for neural machine translation. ACL 2015, section 3.2), so that the scores that
training looks for are those of the softmax over all items.

The vectors of the items are the kernel of the network's last layer, which every rank has, so that ranks exchange the
indices of their items, 4 bytes a row, and no vectors. Horovod's gradient of a gathered tensor, a mean where this needs
a sum, is never taken, and a rank's gradient is that of its own rows, as for every other loss.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import horovod.tensorflow as hvd
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.networks.item_layer_and_query_network import query_network
from headrace.train.model.losses_and_metrics.row_metrics import RowLossSum, RowMetric

# Marks a row of weight 0, which is no negative: padding, or a row that is not to be learned from.
ABSENT = -1
# Rows that an item without training rows counts as in its initial bias: fewer than one.
MIN_ITEM_ROWS = 0.5

Gather = Callable[[tf.Tensor], tf.Tensor]


class Candidates(NamedTuple):
    """The items among which a step looks for that of each row.

    Attributes:
        items: indices of the different items of the global batch, (candidates,) int32.
        log_chance: logarithm of the chance that one of the other rows has the item, (candidates,) float64.
        own: position of each local row's item among the candidates, (rows,) int32; any for an absent row.
    """

    items: tf.Tensor
    log_chance: tf.Tensor
    own: tf.Tensor


def gather_over_ranks(indices: tf.Tensor) -> tf.Tensor:
    """Return the indices of all ranks, in their order."""
    return hvd.allgather(indices, name="headrace.items") if hvd.size() > 1 else indices


def find_candidates(items: tf.Tensor, weights: tf.Tensor | None, shares: tf.Tensor, gather: Gather) -> Candidates:
    """Return the candidates of a step.

    Args:
        items: the item of each local row, (rows,).
        weights: the weight of each local row, (rows,); None if all are 1.
        shares: share of the training rows that have each item, (all items,) float64.
        gather: returns the indices of all ranks.
    """
    own = tf.cast(tf.reshape(items, (-1,)), tf.int32)
    if weights is not None:
        own = tf.where(tf.reshape(weights, (-1,)) > 0, own, ABSENT)
    everywhere = gather(own)
    present = everywhere != ABSENT
    # Absent rows take the place of a present one, so that they add no candidate, or of item 0 if no row is present.
    candidates, _ = tf.unique(tf.where(present, everywhere, tf.maximum(tf.reduce_max(everywhere), 0)))
    others = tf.maximum(tf.reduce_sum(tf.cast(present, shares.dtype)) - 1, 1)
    log_chance = tf.math.log(-tf.math.expm1(others * tf.math.log1p(-tf.gather(shares, candidates))))
    positions = tf.argmax(tf.cast(own[:, None] == candidates, tf.int32), 1, tf.int32)
    return Candidates(candidates, log_chance, positions)


class CandidateSoftmax(keras.layers.Layer):
    """The last layer of the network for some of its items: their probabilities among each other.

    Args:
        layer: the layer of all items, whose weights and precision it uses.
    """

    def __init__(self, layer: keras.layers.Dense) -> None:
        super().__init__(dtype=layer.dtype_policy, name="candidates")
        self.layer = layer

    def call(self, queries: Any, items: Any, log_chance: Any) -> Any:
        """Return (rows, candidates) probabilities from (rows, dimension) vectors."""
        vectors = tf.gather(tf.convert_to_tensor(self.layer.kernel), items, axis=1)
        biases = tf.gather(tf.convert_to_tensor(self.layer.bias), items)
        return tf.nn.softmax(tf.matmul(queries, vectors) + biases - log_chance)


class BatchNegatives:
    """The candidates of the step that is being traced; outside of a training step there are none.

    Args:
        layer: the layer of all items.
        rows: training rows of each item that are learned from, (items,).
        gather: returns the indices of all ranks.
    """

    def __init__(self, layer: keras.layers.Dense, rows: NDArray[Any], gather: Gather = gather_over_ranks) -> None:
        shares = np.maximum(rows, MIN_ITEM_ROWS).astype(np.float64)
        self.shares, self.gather = tf.constant(shares / max(1.0, rows.sum())), gather
        self.softmax = CandidateSoftmax(layer)
        self.candidates: Candidates | None = None

    def apply_to(self, model: keras.Model) -> None:
        """Change `model` to look for the item of each row among these candidates, in training steps only."""
        negatives, base_class, queries = self, type(model), query_network(model)

        class TrainedInBatch(base_class):  # type: ignore[misc, valid-type]
            def train_step(self, data: Any) -> Any:
                x, items, weights = keras.utils.unpack_x_y_sample_weight(data)
                found = negatives.candidates = find_candidates(items, weights, negatives.shares, negatives.gather)
                try:
                    results = super().train_step((x, found.own, weights))
                finally:
                    negatives.candidates = None
                return {name: results[name] for name in results if name in ("loss", RowLossSum.NAME)}

            def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
                if negatives.candidates is None:
                    return super().call(inputs, training=training, mask=mask)
                items, log_chance, _ = negatives.candidates
                return negatives.softmax(queries(inputs, training=training), items, log_chance)

        TrainedInBatch.__name__ = base_class.__name__
        TrainedInBatch.__qualname__ = base_class.__qualname__
        # The network's layers, and so the paths and the order of its weights, stay as they are.
        model.__class__ = TrainedInBatch

    def metric(self, metric: keras.metrics.Metric) -> RowMetric:
        """Return `metric` for rows whose outputs are those of all items: not for those of training steps."""
        return _AllItemsMetric(metric, self)


class _AllItemsMetric(RowMetric):
    def __init__(self, metric: keras.metrics.Metric, negatives: BatchNegatives) -> None:
        super().__init__(metric)
        self._negatives = negatives

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the rows of a batch."""
        if self._negatives.candidates is None:
            super().update_state(y_true, y_pred, sample_weight)


def initialize_bias(layer: keras.layers.Dense, rows: NDArray[Any]) -> None:
    """Set the bias of each item to the logarithm of its rows, relative to the mean, unless the network has set it.

    Items that are in few batches or in none would otherwise keep the score of an average one: an item without a
    training row would be above the rare ones, and nothing would ever push it down.

    Args:
        rows: training rows of each item, times the weight of its class, (items,).
    """
    if not np.any(keras.ops.convert_to_numpy(layer.bias)):
        counts = np.maximum(rows, MIN_ITEM_ROWS)
        layer.bias.assign(np.log(counts / counts.mean()))
