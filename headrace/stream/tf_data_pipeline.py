"""Provide batches as a `tf.data.Dataset`, decoded in TensorFlow's threads ahead of the step that needs them."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.config.sections.streaming_and_augmentation import Augment, Stream
from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.stream.batch_assembly import Block
from headrace.stream.batch_plan import Plan
from headrace.stream.build_plan_and_rank_stream import rank_stream, training_columns
from headrace.stream.decode.augment_images import RankRows, augmenter
from headrace.stream.decode.input_column import InputCodec
from headrace.stream.decode.pad_tokens_to_buckets import buckets_for
from headrace.stream.decode.pixel_targets import mask_augmenter, with_pixel_weights
from headrace.stream.decode.target_column import decode_targets, target_decoder
from headrace.stream.rank_batch_stream import RankStream
from headrace.table import Version

PREFETCHED_STEPS = 8
DECODING_CALLS = 2

Elements = tuple[dict[str, tuple[NDArray[Any], ...]], NDArray[Any], NDArray[np.float32], NDArray[np.int64]]
Codecs = dict[str, InputCodec]
Tensors = dict[str, tf.Tensor]
Augmenters = dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None]


@dataclass(frozen=True, kw_only=True)
class TransformConfig:
    """The transformations of rows besides decoding; evaluation only pads to buckets.

    Attributes:
        augment: random changes of images.
        class_weights: weight of each class, (classes,), multiplied into the row weights.
        buckets: lengths that texts are padded to; 16, 32, 64 ... if None.
        seed: seed of the random changes.
    """

    augment: Augment = Augment()
    class_weights: NDArray[np.float32] | None = None
    buckets: tuple[int, ...] | None = None
    seed: int = 0


class Batches:
    """The decoded steps of one rank.

    Attributes:
        stream: rows of the rank.
        contract: contract of the table.
        transform: transformations besides decoding.
        failure: the error that ended the steps, or None. `tf.data` keeps only the text of an error in a Python
            generator; this is the error itself.
    """

    def __init__(self, stream: RankStream, contract: Contract, transform: TransformConfig | None = None) -> None:
        self.stream = stream
        self.failure: Exception | None = None
        self.contract = contract
        self.transform = transform or TransformConfig()
        self._inputs = contract.inputs
        self._weight_name = contract.weight_name or ""

    def dataset(self, first_epoch: int, first_step: int, epochs: int) -> tf.data.Dataset:
        """Return the steps (input, target, weight) from `first_step` of `first_epoch` to the end of `epochs` - 1.

        Returns:
            Input: (batch, height, width, channels) uint8 for images, (batch, bucket) int32 for text, (batch, length,
            features) float32 for windows; of a record of several inputs a dict of them by name. Target: (batch,) int32,
            or float32 in regression, (batch, classes) float32 of 0 and 1 in multi_label, or vectors (batch, size)
            float32, or masks (batch, height, width) uint8. Weight: (batch,) float32, the row's weight times its class's
            weight; 0 for padding; of masks (batch, height, width), see `with_pixel_weights`.
        """
        codecs = {name: self._codec(name, contract) for name, contract in self._inputs.items()}

        def blocks() -> Iterator[Elements]:
            try:
                for block in self._blocks(first_epoch, first_step, epochs):
                    yield self._elements(block, codecs)
            except GeneratorExit:
                for codec in codecs.values():
                    codec.clear()
                raise
            except Exception as error:
                self._fail(error)
                raise

        # One call from TensorFlow into Python for several steps takes half as long as a call per step.
        dataset = tf.data.Dataset.from_generator(blocks, output_signature=self._signature(codecs)).unbatch()
        dataset = dataset.map(self._decoder(codecs), num_parallel_calls=DECODING_CALLS)
        return dataset.prefetch(PREFETCHED_STEPS).with_options(_options())

    def steps(self, first_epoch: int, first_step: int, epochs: int) -> Generator[tuple[Any, ...], None, None]:
        """Yield the steps of `dataset` for callers other than Keras, and raise the original error if one ends them.

        Raises:
            DataError: a shard is missing or damaged, or its number of rows differs from the log.
        """
        # Read now: if Python closes an unread generator at its exit, the module may be gone.
        error_in_graph = tf.errors.OpError
        try:
            yield from self.dataset(first_epoch, first_step, epochs)
        except error_in_graph:
            if self.failure is None:
                raise
        failure, self.failure = self.failure, None
        if failure is not None:
            # Raise outside the except block, so that TensorFlow's error and the iterator in its traceback are freed.
            # An iterator that lives until Python exits deadlocks: it waits for its thread, and that for Python.
            raise failure

    def _codec(self, name: str, contract: Contract) -> InputCodec:
        buckets = buckets_for(contract, self.transform.buckets)
        return InputCodec(name, contract.named("input")[1], buckets, self.stream.batch_size, self._fail)

    def _fail(self, error: Exception) -> None:
        self.failure = error

    def _blocks(self, first_epoch: int, first_step: int, epochs: int) -> Iterator[Block]:
        return self.stream.blocks(first_epoch, first_step, epochs)

    def _elements(self, block: Block, codecs: Codecs) -> Elements:
        """Return the stored inputs, targets, weights and step numbers of a block."""
        weights = block.weights
        target = decode_targets(block.rows, self.contract)
        target = target.reshape(*weights.shape, *target.shape[1:])
        if self._weight_name in block.rows:
            weights = weights * np.asarray(block.rows[self._weight_name]).reshape(weights.shape)
        if self.transform.class_weights is not None:
            weights = weights * self.transform.class_weights[target]
        numbers = block.epoch * self.stream.plan.steps + np.asarray(block.steps, np.int64)
        stored = {name: codec.store(block.rows, len(block.steps)) for name, codec in codecs.items()}
        return stored, target, weights, numbers

    def _signature(self, codecs: Codecs) -> tuple[Any, ...]:
        size, targets = self.stream.batch_size, target_decoder(self.contract.task)
        target = tf.TensorSpec((None, size, *targets.target_shape(self.contract)), targets.DTYPE)
        weights = tf.TensorSpec((None, size), tf.float32)
        stored = {name: codec.signature for name, codec in codecs.items()}
        return stored, target, weights, tf.TensorSpec((None,), tf.int64)

    def _decoder(self, codecs: Codecs) -> Callable[..., Any]:
        """Return a function from one step's stored values to the model's input, target and weights."""
        augmenters = self._augmenters()
        is_per_pixel = self.contract.target.is_per_pixel
        change = mask_augmenter(self.transform.augment, self.transform.seed, self._rows()) if is_per_pixel else None

        def decode(stored: Any, target: tf.Tensor, weights: tf.Tensor, number: tf.Tensor) -> Any:
            inputs = self._augment(augmenters, decode_inputs(codecs, stored), number)
            if is_per_pixel:
                target, weights = with_pixel_weights(target if change is None else change(target, number), weights)
            return self._as_model_takes(inputs), target, weights

        return decode

    def _as_model_takes(self, inputs: Tensors) -> Any:
        return inputs if self.contract.is_record else next(iter(inputs.values()))

    def _augmenters(self) -> Augmenters:
        return {name: self._augmenter(contract) for name, contract in self._inputs.items()}

    @staticmethod
    def _augment(augmenters: Augmenters, inputs: Tensors, number: tf.Tensor) -> Tensors:
        changes = ((name, augmenters[name]) for name in inputs)
        return {name: change(inputs[name], number) if change else inputs[name] for name, change in changes}

    def _augmenter(self, contract: Contract) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None:
        settings = self.transform.augment
        if len(contract.input_shape) != 3 or not (settings.changes_geometry or settings.changes_colour):
            return None
        return augmenter(settings, self.transform.seed, self._rows())

    def _rows(self) -> RankRows:
        size = self.stream.batch_size
        return RankRows(begin=self.stream.rank * size, size=size, global_batch=self.stream.plan.global_batch)


def decode_inputs(codecs: Codecs, stored: Any) -> Tensors:
    """Return the inputs of one step by name."""
    return {name: codec.decode(stored[name]) for name, codec in codecs.items()}


def training_batches(
    version: Version,
    plan: Plan,
    settings: Stream,
    rank: int = 0,
    world_size: int = 1,
    class_weights: Sequence[float] | None = None,
) -> Batches:
    """Return the batches of the training split for `rank` of `world_size`; the plan's seed also seeds augmentation.

    Args:
        version: version of the table.
        plan: plan of the training split.
        settings: the `stream` section.
        rank: index of the rank.
        world_size: number of ranks.
        class_weights: one weight per class of the contract, multiplied into the weights of its rows.

    Raises:
        ConfigurationError: augmentation is configured, but the table does not hold images.
        DataError: the version has no training split.
    """
    augments = settings.augment.changes_geometry or settings.augment.changes_colour
    if augments and all(len(one.input_shape) != 3 for one in version.contract.inputs.values()):
        raise ConfigurationError(
            f"stream.augment changes images, but {version.table} holds {version.contract.feature.noun}. "
            "Remove stream.augment."
        )
    weights = None if class_weights is None else np.asarray(class_weights, np.float32)
    transform = TransformConfig(
        augment=settings.augment, class_weights=weights, buckets=settings.buckets, seed=plan.seed
    )
    columns = training_columns(version.contract, weighted=True)
    stream = rank_stream(version, "train", plan, columns, rank, world_size, settings)
    return Batches(stream, version.contract, transform)


def evaluation_batches(
    version: Version, split: str, plan: Plan, settings: Stream, rank: int = 0, world_size: int = 1
) -> Batches:
    """Return the batches of a split for `rank` of `world_size`: in stored order, not augmented, with row weights of 1.

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
    # periods of the autotuner's loop in TensorFlow's model.h, which start at 10 ms and double up to a minute.
    options.autotune.enabled = False
    return options
