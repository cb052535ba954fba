"""The vector of a row and those of all items, for programs that look for items in an index of nearest neighbours.

The inner product of the two is the item's score: the logarithm of its probability, plus a number that is the same for
all items of a row. So the items with the largest products are those of `headrace predict`, in that order.
"""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf
from numpy.typing import NDArray

from headrace.export.serving_function import ServingModel
from headrace.networks.item_layer_and_query_network import items_layer, items_layer_fault, query_network

log = logging.getLogger(__name__)

ITEMS = "items.parquet"
QUERY = "query_vector"


class QueryModel(ServingModel):
    """The network of a row's vector; its last number is 1, which an item's vector multiplies with the item's bias."""

    @property
    def output_name(self) -> str:
        """Return `query_vector`."""
        return QUERY

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the vector of a row."""
        return (int(self.model.output_shape[-1]) + 1,)

    def predict(self, inputs: Any) -> dict[str, tf.Tensor]:
        """Return the vectors, (rows, dimension), by the output's name."""
        vectors = tf.cast(self.model(inputs, training=False), tf.float32)
        return {QUERY: tf.concat([vectors, tf.ones_like(vectors[:, :1])], 1)}


def query_model(served: ServingModel) -> QueryModel | None:
    """Return the network of a row's vector; None unless the network scores items by a product of two vectors."""
    if not served.contract.target.has_items:
        return None
    if fault := items_layer_fault(served.model):
        log.warning(
            "The export has no vectors of items and queries, as %s: it needs a keras.Model of layers whose last one is "
            "layers.Dense(contract.outputs, activation=contract.output_activation).", fault,
        )  # fmt: skip
        return None
    return QueryModel(query_network(served.model), served.contract)


def item_vectors(served: ServingModel) -> NDArray[np.float32]:
    """Return the vectors of all items with their biases at the end, (items, dimension), in the order of the classes."""
    layer = items_layer(served.model)
    kernel = np.asarray(layer.kernel, np.float32)
    bias = np.asarray(layer.bias, np.float32) if layer.use_bias else np.zeros(kernel.shape[1], np.float32)
    return np.concatenate([kernel.T, bias[:, None]], 1)


def write_items(vectors: NDArray[np.float32], served: ServingModel, folder: Path) -> None:
    """Write `items.parquet` into `folder`, with the columns `item`, the id, and `vector`."""
    flat = pa.array(np.ascontiguousarray(vectors).ravel())
    columns = {
        "item": pa.array(served.contract.classes, pa.string()),
        "vector": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
    }
    pq.write_table(pa.table(columns), folder / ITEMS)


def product_odds(queries: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what `relative_to_best` returns of the probabilities that the products, (rows, items), stand for."""
    scores = queries @ vectors.T
    return np.exp(scores - scores.max(1, keepdims=True))


def relative_to_best(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each probability, (rows, items), divided by the largest of its row.

    Among very many items all probabilities may be below the tolerance of a comparison.
    """
    return probabilities / probabilities.max(1, keepdims=True)


def describe_vectors(served: ServingModel, where: str, dimension: int) -> dict[str, Any]:
    """Return what export.json says of both.

    Args:
        where: what computes the vector of a row: a file, or a signature of the model.
    """
    return {
        "query": {
            "computed_by": where,
            "output": QUERY,
            "dtype": "float32",
            "meaning": f"(rows, {dimension}): its inner product with an item's vector is the item's score",
        },
        "items": {"file": ITEMS, "rows": len(served.contract.classes), "columns": ["item", "vector"]},
    }
