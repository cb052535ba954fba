"""The Horovod collectives that training uses, and their quirks.

Built on Horovod's primitives: its own Keras optimizer and callbacks hook methods that Keras 3 never calls, so
that ranks drift apart and nothing says so. Every function here must be called by every rank, in the same order.
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
from headrace.train.distributed.thread_scheduling import ENOUGH_CORES, batch_scheduling, cores_per_rank


def init() -> tuple[int, int]:
    """Connect to the other ranks; return this process's rank and the world size."""
    few_cores = cores_per_rank(int(os.environ["HOROVOD_LOCAL_SIZE"])) < ENOUGH_CORES
    # Horovod starts its threads, and Gloo's, here; a thread has the policy of the one that started it.
    with batch_scheduling() if few_cores else nullcontext():
        hvd.init()
    return hvd.rank(), hvd.size()


def shutdown() -> None:
    """Disconnect in order, so that the other ranks do not consider this one lost."""
    hvd.shutdown()


def is_rank_zero() -> bool:
    """Return whether this is rank 0, which writes files and logs for all."""
    return bool(hvd.rank() == 0)


def local_ranks() -> int:
    """Return the number of ranks on this machine."""
    return int(hvd.local_size())


def is_lost_peer(error: BaseException) -> bool:
    """Return whether `error` reports the loss of another rank: the consequence of a failure, not its cause.

    Horovod says so in words only, inside an error of TensorFlow or in one of its own.
    """
    return any(word in str(error) for word in ("Horovod has been shut down", "Connection closed by peer", "gloo"))


def broadcast(variables: Sequence[keras.Variable]) -> None:
    """Copy the values of rank 0 to every rank."""
    if hvd.size() > 1:
        hvd.broadcast_variables([variable.value for variable in variables], root_rank=0)


def broadcast_number(number: int) -> int:
    """Return rank 0's number."""
    return int(hvd.broadcast(tf.constant(number, tf.int64), root_rank=0, name="headrace.number"))


def broadcast_float(value: float) -> float:
    """Return rank 0's float."""
    return float(hvd.broadcast(tf.constant(value, tf.float64), root_rank=0, name="headrace.figure"))


def broadcast_arrays(arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return rank 0's arrays; the arguments of other ranks are ignored."""
    buffer = io.BytesIO()
    np.savez(buffer, *arrays)
    mine = np.frombuffer(buffer.getvalue(), np.uint8)
    everyones = np.zeros(broadcast_number(len(mine)), np.uint8)
    everyones[: len(mine)] = mine[: len(everyones)]
    data = hvd.broadcast(everyones, root_rank=0, name="headrace.arrays").numpy()
    with np.load(io.BytesIO(data.tobytes()), allow_pickle=False) as loaded:
        return [loaded[f"arr_{i}"] for i in range(len(loaded.files))]


def average(variables: Sequence[keras.Variable]) -> None:
    """Replace floating-point variables, such as moving statistics of batch norms, by their mean over ranks."""
    floats = [variable for variable in variables if "float" in str(variable.dtype)]
    for variable, value in zip(floats, _reduced(floats, hvd.Average), strict=True):
        variable.assign(value)


def allreduce_sum(variables: Sequence[keras.Variable]) -> list[NDArray[Any]]:
    """Return the sums of variables over ranks; sums of metric states are exact for any distribution of rows."""
    return [value.numpy() for value in _reduced(variables, hvd.Sum)]


def _reduced(variables: Sequence[keras.Variable], operation: object) -> list[tf.Tensor]:
    values = [tf.convert_to_tensor(variable.value) for variable in variables]
    if hvd.size() == 1 or not values:
        return values
    return list(hvd.grouped_allreduce(values, op=operation, name="headrace.state"))


def weights_hash(variables: Sequence[keras.Variable]) -> str:
    """Return the SHA-256 (hexadecimal) of all values, bit for bit, in order."""
    digest = hashlib.sha256()
    for variable in variables:
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(variable.value)).tobytes())
    return digest.hexdigest()


def require_equal_weights(variables: Sequence[keras.Variable]) -> str:
    """Return the hash of `variables`, which must be equal on every rank.

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
