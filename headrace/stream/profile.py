"""Where the time goes between the shards and the model: the work and the waiting of each stage."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import tensorflow as tf

from headrace.stream.dataset import Batches, Elements
from headrace.stream.decode.codecs import InputCodec
from headrace.stream.lanes import Block
from headrace.stream.stage_timer import StageTimer, TimedCache

READ = "read shards"
WAIT_FOR_SHARDS = "wait for shards"
DEAL = "deal rows to steps"
STORE = "hand to TensorFlow"
DECODE = "decode"
AUGMENT = "augment"
STAGES = (READ, DEAL, STORE, DECODE, AUGMENT)


class StreamProfile(NamedTuple):
    """What a measured epoch took.

    Attributes:
        rows: without padding.
        first: seconds to the first batch, from a standstill.
        wait: seconds that whoever takes the batches, and does nothing else, waits for them.
        cores: processor seconds a second.
        work: seconds that each stage works, in threads of its own; several may work at once.
        wait_for_shards: seconds that dealing waits for reading.
        read, given: bytes that came out of the shards, and that a model was given.
    """

    rows: int
    steps: int
    first: float
    wait: float
    cores: float
    work: dict[str, float]
    wait_for_shards: float
    read: int
    given: int


class ProfiledBatches(Batches):
    """Batches that keep account of their time; each element has the seconds of decoding and augmenting at its end."""

    def __init__(self, batches: Batches, watch: StageTimer) -> None:
        stream = replace(batches.stream, cache=TimedCache(batches.stream.cache, watch, READ), watch=watch)
        super().__init__(stream, batches.contract, batches.treatment)
        self._watch = watch

    def _blocks(self, first_epoch: int, first_step: int, epochs: int) -> Iterator[Block]:
        blocks = super()._blocks(first_epoch, first_step, epochs)
        while True:
            waited = self._watch.seconds[WAIT_FOR_SHARDS]
            began = time.perf_counter()
            block = next(blocks, None)
            waited = self._watch.seconds[WAIT_FOR_SHARDS] - waited
            self._watch.add(DEAL, time.perf_counter() - began - waited)
            if block is None:
                return
            yield block

    def _elements(self, block: Block, form: InputCodec) -> Elements:
        with self._watch.timed(STORE):
            return super()._elements(block, form)

    def _finished(self, form: InputCodec) -> Callable[..., Any]:
        augment = self._augmenter()

        def finished(stored: Any, target: tf.Tensor, weights: tf.Tensor, number: tf.Tensor) -> Any:
            inputs, decoding = _timed(form.decoded, stored)
            augmenting = tf.constant(0.0, tf.float64)
            if augment is not None:
                inputs, augmenting = _timed(lambda pixels: augment(pixels, number), inputs)
            return inputs, target, weights, decoding, augmenting

        return finished


def profile_batches(batches: Batches, warm_up_epochs: int = 1) -> StreamProfile:
    """One epoch after `warm_up_epochs`, taken as fast as it comes.

    Raises:
        DataError: a shard is missing, damaged, or not as long as the log says.
    """
    watch = StageTimer()
    measured = ProfiledBatches(batches, watch)
    for epoch in range(warm_up_epochs):
        _take(measured, watch, epoch)
    watch.clear()
    return _take(measured, watch, warm_up_epochs)


def _take(batches: ProfiledBatches, watch: StageTimer, epoch: int) -> StreamProfile:
    began, processor, first, given, steps = time.perf_counter(), time.process_time(), 0.0, 0, []
    for inputs, _, weights, *seconds in batches.steps(epoch, 0, epoch + 1):
        first = first or time.perf_counter() - began
        given += inputs.dtype.size * inputs.shape.num_elements()
        # Looked into afterwards: that would take longer than a small batch.
        steps.append((weights, *seconds))
    wall = time.perf_counter() - began
    for _, decoding, augmenting in steps:
        watch.add(DECODE, float(decoding))
        watch.add(AUGMENT, float(augmenting))
    return StreamProfile(
        rows=sum(int((weights.numpy() > 0).sum()) for weights, *_ in steps),
        steps=len(steps),
        first=first,
        wait=wall,
        cores=(time.process_time() - processor) / wall,
        work={stage: watch.seconds[stage] for stage in STAGES},
        wait_for_shards=watch.seconds[WAIT_FOR_SHARDS],
        read=watch.bytes,
        given=given,
    )


def _timed(function: Callable[[Any], tf.Tensor], inputs: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """What `function` makes of `inputs`, and the seconds that it takes when it runs."""
    with tf.control_dependencies(tf.nest.flatten(inputs)):
        begin = tf.timestamp()
    with tf.control_dependencies([begin]):
        found = function(tf.nest.map_structure(tf.identity, inputs))
    with tf.control_dependencies([found]):
        return tf.identity(found), tf.timestamp() - begin


def bars(figures: StreamProfile, width: int = 40) -> str:
    """A bar for each stage: its work against the time that the epoch took."""
    lines = [f"{figures.rows} rows in {figures.wait:.2f} s, {figures.rows / figures.wait:,.0f} a second; "
             f"{figures.cores:.1f} of {os.cpu_count()} cores busy"]  # fmt: skip
    shown = {**figures.work, WAIT_FOR_SHARDS: figures.wait_for_shards, "wait for batches": figures.wait}
    longest = max(shown.values())
    for stage, seconds in shown.items():
        bar = "█" * round(width * seconds / longest)
        lines.append(f"{stage:<20} {bar:<{width}} {seconds:8.3f} s  {1000 * seconds / figures.steps:8.3f} ms a step")
    return "\n".join(lines)
