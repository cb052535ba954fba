"""Horovod's collectives, as far as training uses them, and its quirks.

Built on Horovod's primitives: its own Keras optimizer and callbacks hook methods that Keras 3 never calls, so
that ranks drift apart and nothing says so. Every function here must be called by every rank, in the same order.
"""

import hashlib
from collections.abc import Sequence

import horovod.tensorflow as hvd
import keras
import numpy as np
import tensorflow as tf

from headrace.errors import TrainingError


def start() -> tuple[int, int]:
    """Meet the other ranks; this process's rank and the world size."""
    hvd.init()
    return hvd.rank(), hvd.size()


def stop() -> None:
    """Leave in order, so that the other ranks do not take this one for lost."""
    hvd.shutdown()


def local_ranks() -> int:
    """How many ranks share this machine."""
    return int(hvd.local_size())


def is_lost_peer(error: BaseException) -> bool:
    """Whether `error` only says that another rank is gone: the consequence of a failure, not the failure.

    Horovod says so in words only, inside an error of TensorFlow or in one of its own.
    """
    return any(word in str(error) for word in ("Horovod has been shut down", "Connection closed by peer", "gloo"))


def mean_gradients(gradients: Sequence[tf.Tensor | tf.IndexedSlices]) -> list[tf.Tensor]:
    """The mean of every gradient over all ranks, in one fused operation.

    Embeddings give `IndexedSlices`; these are made dense, also where there is one rank only: Horovod reduces
    groups of dense tensors, and Keras's Adam and RMSprop square the slices of a row that occurs twice in a batch
    one by one, not their sum, so that left as they are one rank would learn something else than two.
    """
    dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
    if hvd.size() == 1 or not dense:
        return dense
    return list(hvd.grouped_allreduce(dense, op=hvd.Average, name="headrace.gradients"))


def broadcast(variables: Sequence[keras.Variable]) -> None:
    """Give every rank the values that rank 0 has."""
    if hvd.size() > 1:
        hvd.broadcast_variables([variable.value for variable in variables], root_rank=0)


def broadcast_number(number: int) -> int:
    """The number that rank 0 has."""
    return int(hvd.broadcast(tf.constant(number, tf.int64), root_rank=0, name="headrace.number"))


def average(variables: Sequence[keras.Variable]) -> None:
    """Replace floating-point variables by their mean over ranks, such as the moving statistics of batch norm."""
    _reduce([variable for variable in variables if "float" in str(variable.dtype)], hvd.Average)


def add_up(variables: Sequence[keras.Variable]) -> None:
    """Replace variables by their sum over ranks: the state of a metric, exact however rows were shared out."""
    _reduce(variables, hvd.Sum)


def _reduce(variables: Sequence[keras.Variable], operation: object) -> None:
    if hvd.size() == 1 or not variables:
        return
    values = [tf.convert_to_tensor(variable.value) for variable in variables]
    reduced = hvd.grouped_allreduce(values, op=operation, name="headrace.state")
    for variable, value in zip(variables, reduced, strict=True):
        variable.assign(value)


def weights_hash(variables: Sequence[keras.Variable]) -> str:
    """SHA-256 (hexadecimal) of all values, bit for bit, in order."""
    digest = hashlib.sha256()
    for variable in variables:
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(variable.value)).tobytes())
    return digest.hexdigest()


def agree_on(variables: Sequence[keras.Variable]) -> str:
    """The hash of `variables`, which is the same on every rank.

    Raises:
        TrainingError: it is not; the ranks have drifted apart.
    """
    mine = weights_hash(variables)
    row = tf.constant([list(bytes.fromhex(mine))], tf.uint8)
    everyones = hvd.allgather(row, name="headrace.weights").numpy() if hvd.size() > 1 else row.numpy()
    hashes = [bytes(one).hex() for one in everyones]
    if len(set(hashes)) > 1:
        raise TrainingError(
            "The ranks hold different weights: "
            + ", ".join(f"rank {rank} {value[:12]}" for rank, value in enumerate(hashes))
            + ". A layer that keeps state by rank or an optimizer that skips steps can cause this."
        )
    return mine
