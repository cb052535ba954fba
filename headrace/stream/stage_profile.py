"""Profile the working and waiting time of each stage of the stream."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import tensorflow as tf

from headrace.stream.batch_assembly import Block
from headrace.stream.stage_timer import StageTimer, TimedCache
from headrace.stream.tf_data_pipeline import Batches, Codecs, Elements, Tensors, decode_inputs
from headrace.wording import quantity

READ = "read shards"
WAIT_FOR_SHARDS = "wait for shards"
ASSEMBLE = "assemble batches"
STORE = "pass to TensorFlow"
DECODE = "decode"
AUGMENT = "augment"
STAGES = (READ, ASSEMBLE, STORE, DECODE, AUGMENT)


class StreamProfile(NamedTuple):
    """The measurements of one epoch.

    Attributes:
        rows: rows without padding.
        steps: number of steps.
        first: seconds from the start of the epoch's pipeline to its first batch.
        wait: seconds until a consumer that does nothing else has all batches.
        cores: CPU seconds per second.
        work: seconds that each stage works; stages have their own threads and may overlap.
        wait_for_shards: seconds that the assembly of batches waits for shards.
        bytes_read, bytes_delivered: bytes read from the shards, and bytes of model inputs.
    """

    rows: int
    steps: int
    first: float
    wait: float
    cores: float
    work: dict[str, float]
    wait_for_shards: float
    bytes_read: int
    bytes_delivered: int


class ProfiledBatches(Batches):
    """Batches that time their stages; each element ends with the seconds of decoding and of augmentation."""

    def __init__(self, batches: Batches, timer: StageTimer) -> None:
        stream = replace(batches.stream, cache=TimedCache(batches.stream.cache, timer, READ), timer=timer)
        super().__init__(stream, batches.contract, batches.transform)
        self._timer = timer

    def _blocks(self, first_epoch: int, first_step: int, epochs: int) -> Iterator[Block]:
        blocks = super()._blocks(first_epoch, first_step, epochs)
        while True:
            waited = self._timer.seconds[WAIT_FOR_SHARDS]
            began = time.perf_counter()
            block = next(blocks, None)
            waited = self._timer.seconds[WAIT_FOR_SHARDS] - waited
            self._timer.add(ASSEMBLE, time.perf_counter() - began - waited)
            if block is None:
                return
            yield block

    def _elements(self, block: Block, codecs: Codecs) -> Elements:
        with self._timer.timed(STORE):
            return super()._elements(block, codecs)

    def _decoder(self, codecs: Codecs) -> Callable[..., Any]:
        augmenters = self._augmenters()

        def decode(stored: Any, target: tf.Tensor, weights: tf.Tensor, number: tf.Tensor) -> Any:
            inputs, decode_seconds = _time_call(partial(decode_inputs, codecs), stored)
            augment_seconds = tf.constant(0.0, tf.float64)
            if any(augmenters.values()):
                inputs, augment_seconds = _time_call(partial(self._augment, augmenters, number=number), inputs)
            return self._as_model_takes(inputs), target, weights, decode_seconds, augment_seconds

        return decode


def profile_batches(batches: Batches, warm_up_epochs: int = 1) -> StreamProfile:
    """Measure one epoch, consumed as fast as possible, after `warm_up_epochs`.

    Raises:
        DataError: a shard is missing or damaged, or its number of rows differs from the log.
    """
    timer = StageTimer()
    profiled = ProfiledBatches(batches, timer)
    for epoch in range(warm_up_epochs):
        _profile_epoch(profiled, timer, epoch)
    timer.clear()
    return _profile_epoch(profiled, timer, warm_up_epochs)


def _profile_epoch(batches: ProfiledBatches, timer: StageTimer, epoch: int) -> StreamProfile:
    began, cpu_began, first, bytes_delivered, steps = time.perf_counter(), time.process_time(), 0.0, 0, []
    for inputs, _, weights, *seconds in batches.steps(epoch, 0, epoch + 1):
        first = first or time.perf_counter() - began
        bytes_delivered += sum(one.dtype.size * one.shape.num_elements() for one in tf.nest.flatten(inputs))
        # Evaluated after the epoch: reading the tensors here would take longer than a small batch.
        steps.append((weights, *seconds))
    wall = time.perf_counter() - began
    for _, decode_seconds, augment_seconds in steps:
        timer.add(DECODE, float(decode_seconds))
        timer.add(AUGMENT, float(augment_seconds))
    return StreamProfile(
        rows=sum(int((weights.numpy() > 0).sum()) for weights, *_ in steps),
        steps=len(steps),
        first=first,
        wait=wall,
        cores=(time.process_time() - cpu_began) / wall,
        work={stage: timer.seconds[stage] for stage in STAGES},
        wait_for_shards=timer.seconds[WAIT_FOR_SHARDS],
        bytes_read=timer.bytes,
        bytes_delivered=bytes_delivered,
    )


def _time_call(function: Callable[[Any], Tensors], inputs: Any) -> tuple[Tensors, tf.Tensor]:
    """Return graph tensors of `function`'s result for `inputs` and of the seconds that it takes."""
    with tf.control_dependencies(tf.nest.flatten(inputs)):
        begin = tf.timestamp()
    with tf.control_dependencies([begin]):
        result = function(tf.nest.map_structure(tf.identity, inputs))
    with tf.control_dependencies(tf.nest.flatten(result)):
        return tf.nest.map_structure(tf.identity, result), tf.timestamp() - begin


def draw_bars(profile: StreamProfile, width: int = 40) -> str:
    """Return a text chart with one bar per stage: its seconds relative to the longest."""
    rate = profile.rows / profile.wait
    lines = [f"{quantity(profile.rows, 'row')} in {profile.wait:.2f} s, {rate:,.0f} rows per second; "
             f"{profile.cores:.1f} of {os.cpu_count()} cores busy"]  # fmt: skip
    bars = {**profile.work, WAIT_FOR_SHARDS: profile.wait_for_shards, "wait for batches": profile.wait}
    longest = max(bars.values())
    for stage, seconds in bars.items():
        bar = "█" * round(width * seconds / longest)
        lines.append(f"{stage:<20} {bar:<{width}} {seconds:8.3f} s  {1000 * seconds / profile.steps:8.3f} ms per step")
    return "\n".join(lines)
