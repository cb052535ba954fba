"""Batches as a `tf.data.Dataset`: decoded in TensorFlow's own threads, ahead of the step that needs them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.config.sections.streaming import Augment, Stream
from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.stream.batches import RankStream
from headrace.stream.build import rank_stream, training_columns
from headrace.stream.decode.augment import RankRows, augmenter
from headrace.stream.decode.codecs import InputCodec
from headrace.stream.decode.targets import encode_targets
from headrace.stream.decode.tokens import buckets_for
from headrace.stream.lanes import Block
from headrace.stream.plan import Plan
from headrace.table import Version

PREFETCHED_STEPS = 8
DECODING_CALLS = 2

Elements = tuple[tuple[NDArray[Any], ...], NDArray[Any], NDArray[np.float32], NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True)
class TransformConfig:
    """What is done to rows besides decoding; in evaluation only padding to buckets.

    Attributes:
        augment: how images are changed at random.
        class_weights: (classes,), multiplied into the weights of rows.
        buckets: lengths that texts are padded to; 16, 32, 64 ... if None.
        seed: of the changes.
    """

    augment: Augment = Augment()
    class_weights: NDArray[np.float32] | None = None
    buckets: tuple[int, ...] | None = None
    seed: int = 0


class Batches:
    """Decoded steps of one rank, and the error that ended them, if one did.

    `tf.data` turns an error in a Python generator into text; `failure` keeps the error itself.
    """

    def __init__(self, stream: RankStream, contract: Contract, treatment: TransformConfig | None = None) -> None:
        self.stream = stream
        self.failure: Exception | None = None
        self.contract = contract
        self.treatment = treatment or TransformConfig()
        self._input_name, self._input = contract.named("input")
        self._target_name, self._target = contract.named("target")
        self._weight_name = contract.weight_name or ""
        self._buckets = buckets_for(contract, self.treatment.buckets)

    def dataset(self, first_epoch: int, first_step: int, epochs: int) -> tf.data.Dataset:
        """Steps (input, target, weight) from `first_step` of `first_epoch` to the end of epoch `epochs` - 1.

        Input: (batch, height, width, channels) uint8, (batch, bucket) int32 for text, (batch, length, features)
        float32 for windows; target: (batch,) int32, or float32 in regression, or (batch, classes) float32 of 0 and 1
        for multi_label; weight: (batch,) float32, 0 for padding; the row's own times its class's.
        """
        form = InputCodec(self._input_name, self._input, self._buckets, self.stream.batch_size, self._fail)

        def blocks() -> Iterator[Elements]:
            try:
                for block in self._blocks(first_epoch, first_step, epochs):
                    yield self._elements(block, form)
            except GeneratorExit:
                form.forget()
                raise
            except Exception as error:
                self._fail(error)
                raise

        # A call from TensorFlow into Python for a few steps at once takes half as long as one for each.
        dataset = tf.data.Dataset.from_generator(blocks, output_signature=self._signature(form)).unbatch()
        dataset = dataset.map(self._finished(form), num_parallel_calls=DECODING_CALLS)
        return dataset.prefetch(PREFETCHED_STEPS).with_options(_options())

    def steps(self, first_epoch: int, first_step: int, epochs: int) -> Iterator[tuple[Any, ...]]:
        """The steps of `dataset` one by one, for who takes them without Keras; an error that ends them is itself.

        Raises:
            DataError: a shard is missing, damaged, or not as long as the log says.
        """
        try:
            yield from self.dataset(first_epoch, first_step, epochs)
        except tf.errors.OpError:
            if self.failure is None:
                raise
        failure, self.failure = self.failure, None
        if failure is not None:
            # Only here, where TensorFlow's error and the iterator in its traceback are gone: an iterator that lives
            # until Python ends waits then for its own thread, and that for Python, for ever.
            raise failure

    def _fail(self, error: Exception) -> None:
        self.failure = error

    def _blocks(self, first_epoch: int, first_step: int, epochs: int) -> Iterator[Block]:
        return self.stream.blocks(first_epoch, first_step, epochs)

    def _elements(self, block: Block, form: InputCodec) -> Elements:
        """Stored inputs, targets, weights and numbers of the block's steps."""
        weights = block.weights
        target = encode_targets(block.rows, self._target_name, self._target, len(self.contract.classes))
        target = target.reshape(*weights.shape, *target.shape[1:])
        if self._weight_name in block.rows:
            weights = weights * np.asarray(block.rows[self._weight_name]).reshape(weights.shape)
        if self.treatment.class_weights is not None:
            weights = weights * self.treatment.class_weights[target]
        numbers = block.epoch * self.stream.plan.steps + np.asarray(block.steps, np.int64)
        return form.stored(block.rows, len(block.steps)), target, weights, numbers

    def _signature(self, form: InputCodec) -> tuple[Any, ...]:
        size = self.stream.batch_size
        target, weights = tf.TensorSpec((None, size), self._target.dtype), tf.TensorSpec((None, size), tf.float32)
        if self._target.codec == "labels":
            target = tf.TensorSpec((None, size, len(self.contract.classes)), tf.float32)
        return form.signature, target, weights, tf.TensorSpec((None,), tf.int64)

    def _finished(self, form: InputCodec) -> Callable[..., Any]:
        """From one step's stored values to what the model is given."""
        augment = self._augmenter()

        def finished(stored: Any, target: tf.Tensor, weights: tf.Tensor, number: tf.Tensor) -> Any:
            inputs = form.decoded(stored)
            return (augment(inputs, number) if augment else inputs), target, weights

        return finished

    def _augmenter(self) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None:
        settings, size = self.treatment.augment, self.stream.batch_size
        if len(self._input.shape) != 3 or not (settings.moves or settings.recolours):
            return None
        rows = RankRows(begin=self.stream.rank * size, size=size, global_batch=self.stream.plan.global_batch)
        return augmenter(settings, self.treatment.seed, rows)


def training_batches(
    version: Version,
    plan: Plan,
    settings: Stream,
    rank: int = 0,
    world_size: int = 1,
    class_weights: Sequence[float] | None = None,
) -> Batches:
    """The training split as `settings` say, for `rank` of `world_size`; the plan's seed is augmentation's too.

    Args:
        class_weights: one for each class of the contract, multiplied into the weights of its rows.

    Raises:
        ConfigurationError: the table holds no images and is to be augmented.
        DataError: the version has no training split.
    """
    augments = settings.augment.moves or settings.augment.recolours
    if augments and len(version.contract.input_shape) != 3:
        held = "text" if version.contract.tokenizer else "windows"
        raise ConfigurationError(f"stream.augment changes images; {version.table} holds {held}. Leave it out.")
    weights = None if class_weights is None else np.asarray(class_weights, np.float32)
    treatment = TransformConfig(
        augment=settings.augment, class_weights=weights, buckets=settings.buckets, seed=plan.seed
    )
    columns = training_columns(version.contract, weighted=True)
    stream = rank_stream(version, "train", plan, columns, rank, world_size, settings)
    return Batches(stream, version.contract, treatment)


def evaluation_batches(
    version: Version, split: str, plan: Plan, settings: Stream, rank: int = 0, world_size: int = 1
) -> Batches:
    """A split as it is stored, for `rank` of `world_size`: not augmented, each row with weight 1.

    Raises:
        DataError: the version has no such split.
    """
    columns = training_columns(version.contract)
    stream = rank_stream(version, split, plan, columns, rank, world_size, settings)
    return Batches(stream, version.contract, TransformConfig(buckets=settings.buckets))


def _options() -> tf.data.Options:
    options = tf.data.Options()
    options.deterministic = True
    # With the autotuner on, freeing the iterator of a short epoch took about 2.6, 5.1 or 10.3 s on idle cores: the
    # periods of its loop in TensorFlow's model.h, which begins at 10 ms and doubles up to a minute.
    options.autotune.enabled = False
    return options
