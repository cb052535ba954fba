"""What one rank does from its start to its end."""

import logging
import os
import time
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from headrace.errors import ConfigurationError
from headrace.storage.growing import growing
from headrace.stream.dataset import training_batches
from headrace.stream.open import plan_for
from headrace.table import read
from headrace.train import checkpoint, collectives
from headrace.train.best import Best
from headrace.train.compiled import compiled
from headrace.train.ending import settle, write_bundle
from headrace.train.fit_to_table import class_weights
from headrace.train.follow import StoppedError
from headrace.train.hooks import callbacks_of
from headrace.train.one_rank import OneRank
from headrace.train.position import Position
from headrace.train.randomness import differ_by_rank
from headrace.train.run_folder import RunFolder

if TYPE_CHECKING:
    from headrace.train.rank import Channel

log = logging.getLogger(__name__)


def train_rank(run: str, channel: "Channel") -> None:
    """Train this rank's share of the run in folder `run`, from its newest checkpoint on.

    Raises:
        HeadraceError: the model's file, the data or the other ranks are at fault.
    """
    folder = RunFolder(run)
    record = folder.record()
    if record is None:
        raise ConfigurationError(f"{folder.path} is not a run.")
    number, world_size = collectives.start()
    _share_the_machine(record.threads)
    version = read(record.table, record.data_version)
    made = compiled(folder, record, version)
    with growing(folder.path) as files:
        train(OneRank(folder, record, version, made, number, world_size, channel, files))
    collectives.stop()


def train(rank: OneRank) -> None:
    """Train `rank`, which has met the others, to the end of its run; rank 0 writes the bundle.

    Raises:
        HeadraceError: the data or the other ranks are at fault.
    """
    saved = _restored(rank)
    position = Position(saved.step, rank.record.steps_per_epoch)
    rank.channel.send(kind="ready", step=position.step, seconds_since_start=round(_process_age(), 3))
    began = time.monotonic()
    try:
        callbacks = _fit(rank, position, saved)
    except StoppedError:
        rank.channel.send(kind="stopped", step=position.step)
        return
    seconds = time.monotonic() - began
    figures = settle(rank, position, callbacks)
    if rank.rank == 0:
        write_bundle(rank, seconds, position.step - saved.step, figures)


def _share_the_machine(threads: int | None) -> None:
    """Give each of the ranks on one machine its part of the cores and, of a GPU, only the memory it uses."""
    cores = len(os.sched_getaffinity(0))
    tf.config.threading.set_intra_op_parallelism_threads(threads or max(1, cores // collectives.local_ranks()))
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)


def _restored(rank: OneRank) -> checkpoint.Saved:
    """What to go on from. Rank 0 reads the checkpoint; the others are given the state that it has."""
    state = checkpoint.state_of(rank.model)
    found = checkpoint.newest(rank.folder.checkpoints) if rank.rank == 0 else None
    if found is not None:
        _restore(rank.folder, state, found)
        log.info("Continuing from the checkpoint of step %s", found.step)
    step = collectives.broadcast_number(found.step if found else 0)
    collectives.broadcast(state)
    differ_by_rank(rank.model, rank.rank)
    return checkpoint.Saved(step, [], collectives.broadcast_arrays(found.sums if found else []))


def _restore(folder: RunFolder, state: list[keras.Variable], saved: checkpoint.Saved) -> None:
    try:
        checkpoint.restore(state, saved.state)
    except ValueError as error:
        raise ConfigurationError(f"The run {folder.path} cannot continue: {error}. Name another train.run.") from error


def _fit(rank: OneRank, position: Position, saved: checkpoint.Saved) -> list[keras.callbacks.Callback]:
    record, version = rank.record, rank.version
    settings = record.configuration.train
    plan = plan_for(version, "train", record.global_batch, record.lanes, settings.seed)
    weights = class_weights(settings.loss, version.contract, version.summary.counts["train"])
    streaming = record.configuration.stream
    batches = training_batches(version, plan, streaming, rank.rank, rank.world_size, class_weights=weights)
    callbacks = callbacks_of(rank, position, batches, saved)
    best = next(callback for callback in callbacks if isinstance(callback, Best))
    for callback in callbacks:
        # Keras does so only when there is a step left to train.
        callback.set_model(rank.model)
    try:
        while position.step < record.total_steps and not (position.between_epochs and best.exhausted):
            epoch, step = divmod(position.step, record.steps_per_epoch)
            # An epoch begun before is finished first; the rest is one call, so that one iterator serves it all.
            until = epoch + 1 if step else record.epochs
            rank.model.fit(
                batches.dataset(epoch, step, until),
                initial_epoch=epoch,
                epochs=until,
                steps_per_epoch=record.steps_per_epoch - step,
                callbacks=callbacks,
                shuffle=False,
                verbose=0,
            )
    except tf.errors.OpError as error:
        raise batches.failure or error from error
    return callbacks


def _process_age() -> float:
    """Seconds since this process was started, imports included."""
    import psutil

    return time.time() - float(psutil.Process().create_time())
