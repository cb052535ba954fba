"""What one rank does from its start to its end."""

import logging
import math
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from headrace import bundle
from headrace.errors import ConfigurationError
from headrace.stream.dataset import Batches
from headrace.stream.open import in_order, plan_for, rank_stream, training_columns
from headrace.stream.plan import Plan
from headrace.table import Version, read
from headrace.train import checkpoint, collectives
from headrace.train.best import Best, watched_metric
from headrace.train.compiled import Compiled, compiled
from headrace.train.exact_metrics import ExactMetrics
from headrace.train.not_finite import SKIPS_OF_LOSS_SCALING, StopIfNotFinite
from headrace.train.objective import class_weights
from headrace.train.optimizer import NEEDS_LOSS_SCALING
from headrace.train.position import CountSteps, Position
from headrace.train.randomness import differ_by_rank
from headrace.train.reporting import Reporting
from headrace.train.run_folder import RunFolder, RunRecord
from headrace.train.saving import Checkpoints

if TYPE_CHECKING:
    from headrace.train.rank import Channel

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rank:
    """One rank of a run: what it trains, with whom, and on what."""

    folder: RunFolder
    record: RunRecord
    version: Version
    compiled: Compiled
    rank: int
    world_size: int
    channel: "Channel"

    @property
    def model(self) -> keras.Model:
        """The same on every rank."""
        return self.compiled.model


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
    _share_the_machine()
    version = read(record.table, record.data_version)
    rank = Rank(folder, record, version, compiled(folder, record, version), number, world_size, channel)
    saved = _restored(rank)
    position = Position(saved.step, record.steps_per_epoch)
    channel.send(kind="ready", step=position.step, seconds_since_start=round(_process_age(), 3))
    began = time.monotonic()
    callbacks = _fit(rank, position, saved)
    seconds = time.monotonic() - began
    figures = _ending(rank, position, callbacks)
    if number == 0:
        _finish(rank, seconds, position.step - saved.step, figures)
    collectives.stop()


def _share_the_machine() -> None:
    """Give each of the ranks on one machine its part of the cores and, of a GPU, only the memory it uses."""
    cores = len(os.sched_getaffinity(0))
    threads = max(1, cores // collectives.local_ranks())
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)


def _restored(rank: Rank) -> checkpoint.Saved:
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


def _fit(rank: Rank, position: Position, saved: checkpoint.Saved) -> list[keras.callbacks.Callback]:
    record, version = rank.record, rank.version
    settings = record.configuration.train
    plan = plan_for(version, "train", record.global_batch, record.lanes, settings.seed)
    stream = rank_stream(version, "train", plan, training_columns(version.contract), rank.rank, rank.world_size)
    weights = class_weights(settings.loss, version.contract, version.summary.counts["train"])
    batches = Batches(stream, version.contract)
    callbacks = _callbacks(rank, position, batches, saved)
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
                _weighted(batches.dataset(epoch, step, until), weights),
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


def _weighted(dataset: tf.data.Dataset, weights: tuple[float, ...] | None) -> tf.data.Dataset:
    """Each row's weight times that of its class."""
    if weights is None:
        return dataset
    table = tf.constant(weights, tf.float32)
    return dataset.map(lambda x, y, w: (x, y, w * tf.gather(table, y)))


def _callbacks(
    rank: Rank, position: Position, batches: Batches, saved: checkpoint.Saved
) -> list[keras.callbacks.Callback]:
    """In the order in which they must be called; on every rank the same, only files and messages are rank 0's."""
    folder, settings = rank.folder, rank.record.configuration.train
    gradients, stream = rank.compiled.gradients, batches.stream
    validation = _validation(rank)
    metrics = ExactMetrics(stream.plan, validation, saved.sums)
    watched = watched_metric(settings.watch, settings.metrics, validation is not None)
    looks = math.gcd(settings.log_every_steps, settings.checkpoint_every_steps)
    scaled = settings.precision == NEEDS_LOSS_SCALING
    # Under loss scaling gradients are reduced at every step, accumulated or not.
    reduced_every = 1 if scaled else settings.optimizer.accumulate_steps
    tolerated = SKIPS_OF_LOSS_SCALING if scaled else 0
    callbacks = [
        CountSteps(position),
        StopIfNotFinite(position, gradients, stream, folder.not_finite, looks, reduced_every, tolerated),
        metrics,
        Best(position, folder.best, settings.watch, watched, rank.rank),
    ]
    if rank.rank == 0:
        every, rows, send = settings.log_every_steps, rank.record.global_batch, rank.channel.send
        callbacks.append(Reporting(position, folder, gradients, every, rows, send))
    every, keep = settings.checkpoint_every_steps, settings.keep_checkpoints
    return [*callbacks, Checkpoints(position, folder, every, keep, rank.rank, metrics)]


def _validation(rank: Rank) -> tuple[tf.data.Dataset, Plan] | None:
    version = rank.version
    if not version.summary.counts.get("val"):
        return None
    plan = in_order(version, "val", rank.record.global_batch, rank.world_size)
    stream = rank_stream(version, "val", plan, training_columns(version.contract), rank.rank, rank.world_size)
    return Batches(stream, version.contract).dataset(0, 0, 1), plan


def _ending(rank: Rank, position: Position, callbacks: list[keras.callbacks.Callback]) -> dict[str, float | int | str]:
    """The last checkpoint, the weights that the bundle gets, and the proof that all ranks have them."""
    figures: dict[str, float | int | str] = {"steps": position.step}
    for callback in callbacks:
        if isinstance(callback, Checkpoints):
            callback.finish()
            figures["checkpoint_seconds"] = round(callback.seconds, 3)
        elif isinstance(callback, Reporting):
            callback.finish()
        elif isinstance(callback, Best):
            figures["best_epoch"] = callback.epoch
            if rank.record.configuration.train.watch.bundle == "best":
                callback.restore()
    rank.model.optimizer.finish(rank.model.trainable_weights)
    return figures | {"weights_sha256": collectives.agree_on(rank.model.weights)}


def _finish(rank: Rank, seconds: float, steps: int, figures: dict[str, float | int | str]) -> None:
    record, version = rank.record, rank.version
    origin = bundle.Origin(
        run=str(rank.folder.path),
        table=record.table,
        data_version=record.data_version,
        steps=int(figures["steps"]),
        weights_sha256=str(figures["weights_sha256"]),
        settings=version.summary.settings,
    )
    options = record.configuration.model.options
    written = bundle.write(record.bundle, rank.model, rank.folder.model_file, version.contract, options, origin)
    speed = steps * record.global_batch / seconds if steps else 0.0
    rank.channel.send(
        kind="done",
        bundle=str(written),
        parameters=rank.model.count_params(),
        seconds=round(seconds, 3),
        samples_per_second=round(speed, 1),
        **figures,
    )


def _process_age() -> float:
    """Seconds since this process was started, imports included."""
    import psutil

    return time.time() - float(psutil.Process().create_time())
