"""Wrappers of the Horovod collectives that training uses.

They use Horovod's primitives, because its Keras optimizer and callbacks hook methods that Keras 3 never calls: ranks
would drift apart silently. Every rank must call the functions of this module in the same order.
"""

import hashlib
import io
import os
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import horovod.tensorflow as hvd
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.errors import TrainingError
from headrace.train.distributed.horovod_thread_scheduling import ENOUGH_CORES, batch_scheduling, cores_per_rank


def init() -> tuple[int, int]:
    """Connect to the other ranks; return this process's rank and the world size."""
    few_cores = cores_per_rank(int(os.environ["HOROVOD_LOCAL_SIZE"])) < ENOUGH_CORES
    # `hvd.init` starts Horovod's and Gloo's threads; a thread inherits the policy of the thread that starts it.
    with batch_scheduling() if few_cores else nullcontext():
        hvd.init()
    return hvd.rank(), hvd.size()


def shutdown() -> None:
    """Disconnect gracefully, so that the other ranks do not consider this one lost."""
    hvd.shutdown()


def is_rank_zero() -> bool:
    """Return whether this is rank 0, which writes files and logs for all."""
    return bool(hvd.rank() == 0)


def local_ranks() -> int:
    """Return the number of ranks on this machine."""
    return int(hvd.local_size())


def is_lost_peer(error: BaseException) -> bool:
    """Return whether `error` reports the loss of another rank: the consequence of a failure, not its cause.

    Horovod reports it only in the text of an error, TensorFlow's or its own.
    """
    return any(phrase in str(error) for phrase in ("Horovod has been shut down", "Connection closed by peer", "gloo"))


def broadcast(variables: Sequence[keras.Variable]) -> None:
    """Copy the values of rank 0 to every rank."""
    if hvd.size() > 1:
        hvd.broadcast_variables([variable.value for variable in variables], root_rank=0)


def broadcast_int(number: int) -> int:
    """Return rank 0's integer."""
    return int(hvd.broadcast(tf.constant(number, tf.int64), root_rank=0, name="headrace.int"))


def broadcast_float(value: float) -> float:
    """Return rank 0's float."""
    return float(hvd.broadcast(tf.constant(value, tf.float64), root_rank=0, name="headrace.float"))


def broadcast_arrays(arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return rank 0's arrays; the arguments of other ranks are ignored."""
    buffer = io.BytesIO()
    np.savez(buffer, *arrays)
    local = np.frombuffer(buffer.getvalue(), np.uint8)
    shared = np.zeros(broadcast_int(len(local)), np.uint8)
    shared[: len(local)] = local[: len(shared)]
    data = hvd.broadcast(shared, root_rank=0, name="headrace.arrays").numpy()
    with np.load(io.BytesIO(data.tobytes()), allow_pickle=False) as loaded:
        return [loaded[f"arr_{i}"] for i in range(len(loaded.files))]


def average(variables: Sequence[keras.Variable]) -> None:
    """Replace floating-point variables, such as moving statistics of batch norms, by their mean over ranks."""
    floats = [variable for variable in variables if "float" in str(variable.dtype)]
    for variable, value in zip(floats, _reduce(floats, hvd.Average), strict=True):
        variable.assign(value)


def allreduce_sum(variables: Sequence[keras.Variable]) -> list[NDArray[Any]]:
    """Return the sums of variables over ranks; sums of metric states are exact for any distribution of rows."""
    return [value.numpy() for value in _reduce(variables, hvd.Sum)]


def _reduce(variables: Sequence[keras.Variable], operation: object) -> list[tf.Tensor]:
    values = [tf.convert_to_tensor(variable.value) for variable in variables]
    if hvd.size() == 1 or not values:
        return values
    reduced: dict[int, tf.Tensor] = {}
    # Horovod reduces a group of one type; a metric may count in 64 bits.
    for dtype in dict.fromkeys(value.dtype for value in values):
        places = [place for place, value in enumerate(values) if value.dtype == dtype]
        group = [values[place] for place in places]
        found = hvd.grouped_allreduce(group, op=operation, name=f"headrace.state.{dtype.name}")
        reduced |= dict(zip(places, found, strict=True))
    return [reduced[place] for place in range(len(values))]


def weights_hash(variables: Sequence[keras.Variable]) -> str:
    """Return the SHA-256 (hexadecimal) of all values, bit for bit, in order."""
    digest = hashlib.sha256()
    for variable in variables:
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(variable.value)).tobytes())
    return digest.hexdigest()


def require_equal_weights(variables: Sequence[keras.Variable]) -> str:
    """Return the hash of `variables`, which must be equal on every rank.

    Raises:
        TrainingError: the hashes differ; the ranks have drifted apart.
    """
    local_hash = weights_hash(variables)
    row = tf.constant([list(bytes.fromhex(local_hash))], tf.uint8)
    gathered = hvd.allgather(row, name="headrace.weights").numpy() if hvd.size() > 1 else row.numpy()
    hashes = [bytes(gathered_row).hex() for gathered_row in gathered]
    if len(set(hashes)) > 1:
        raise TrainingError(
            "The ranks hold different weights: "
            + ", ".join(f"rank {rank} {value[:12]}" for rank, value in enumerate(hashes))
            + ". Causes can be a layer with state per rank, or an optimizer that skips steps."
        )
    return local_hash
