"""Averaging of gradients over ranks, optionally compressed, and monitoring of the result."""

from collections.abc import Sequence

import horovod.tensorflow as hvd
import tensorflow as tf

HALF = {"fp16": tf.float16, "bf16": tf.bfloat16}


def mean_gradients(gradients: Sequence[tf.Tensor | tf.IndexedSlices], compression: str = "none") -> list[tf.Tensor]:
    """Return the mean of every gradient over all ranks, in one fused operation.

    `IndexedSlices`, the gradients of embeddings, are converted to dense tensors, on a single rank too. Horovod reduces
    groups of dense tensors; and if a row occurs twice in a batch, Keras's Adam and RMSprop square each slice instead
    of their sum, so that with slices one rank would learn other weights than two ranks.

    Args:
        compression: `fp16` and `bf16` send two bytes per number; sums are computed in float32.
    """
    dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
    if hvd.size() == 1 or not dense:
        return dense
    if compression != "none":
        return _average_compressed(dense, HALF[compression])
    return list(hvd.grouped_allreduce(dense, op=hvd.Average, name="headrace.gradients"))


def _average_compressed(gradients: Sequence[tf.Tensor], half: tf.DType) -> list[tf.Tensor]:
    """Return the mean, with two bytes per number on the wire: each rank averages one part, then all gather the parts.

    Horovod's float16 allreduce sums in float16, which overflows at 65,504 and loses a bit per doubling of the number of
    ranks; it does not support bfloat16. So the bits travel as integers and are summed here.
    """
    ranks = hvd.size()
    flat = tf.concat([tf.reshape(tf.cast(gradient, tf.float32), [-1]) for gradient in gradients], 0)
    count = tf.size(flat)
    part_size = -(-count // ranks)
    padded = tf.pad(flat, [[0, part_size * ranks - count]])
    parts, _ = hvd.alltoall(_bits(padded, half), splits=tf.fill([ranks], part_size), name="headrace.parts")
    part_mean = tf.reduce_mean(tf.reshape(_numbers(parts, half), [ranks, part_size]), 0)
    gathered = _numbers(hvd.allgather(_bits(part_mean, half), name="headrace.means"), half)
    sizes = [gradient.shape.num_elements() for gradient in gradients]
    means = tf.split(gathered[:count], sizes)
    return [
        tf.cast(tf.reshape(mean, gradient.shape), gradient.dtype)
        for mean, gradient in zip(means, gradients, strict=True)
    ]


def _bits(numbers: tf.Tensor, half: tf.DType) -> tf.Tensor:
    return tf.bitcast(tf.cast(numbers, half), tf.int16)


def _numbers(bits: tf.Tensor, half: tf.DType) -> tf.Tensor:
    return tf.cast(tf.bitcast(bits, half), tf.float32)


class GradientMonitor:
    """Norm of the latest gradient, consecutive non-finite gradients and weights without one; computed in the graph.

    Reading them at every step would make the host wait for the device at every step, so they are written in the graph
    and read now and then. They describe reduced gradients, so all ranks have the same values.

    Args:
        count: number of trainable variables.
    """

    def __init__(self, count: int) -> None:
        self._largest = tf.Variable(tf.zeros([count]), trainable=False)
        self._seen = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._finite = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._norm = tf.Variable(0.0, dtype=tf.float32, trainable=False)

    def record(self, gradients: Sequence[tf.Tensor | None]) -> None:
        """Record one reduced gradient, None for a variable without one; called inside the training step."""
        squares = tf.stack(
            [
                tf.zeros([]) if gradient is None else tf.reduce_sum(tf.square(tf.cast(gradient, tf.float32)))
                for gradient in gradients
            ]
        )
        norm = tf.sqrt(tf.reduce_sum(squares))
        self._largest.assign(tf.maximum(self._largest, squares))
        seen = self._seen.assign_add(1)
        self._norm.assign(norm)
        self._finite.assign(tf.where(tf.math.is_finite(norm), seen, self._finite))

    def pop_zero_gradients(self) -> list[int]:
        """Return the indices of the variables whose gradients were all zero since the last call, and reset these."""
        indices = [index for index, square in enumerate(self._largest.numpy().tolist()) if square == 0.0]
        self._largest.assign(tf.zeros_like(self._largest))
        return indices

    @property
    def norm(self) -> float:
        """Euclidean norm of the latest gradient, over all variables."""
        return float(self._norm.numpy())

    @property
    def updates(self) -> int:
        """Number of gradients so far."""
        return int(self._seen.numpy())

    @property
    def non_finite(self) -> int:
        """Number of consecutive non-finite gradients up to the latest."""
        return int(self._seen.numpy() - self._finite.numpy())
