"""What one rank does from its start to its end."""

import logging
import os
import time
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from headrace import bundle
from headrace.errors import ConfigurationError
from headrace.model_source import build_model
from headrace.stream.dataset import Batches
from headrace.stream.open import in_order, plan_for, rank_stream, training_columns
from headrace.stream.plan import Plan
from headrace.table import Version, read
from headrace.train import checkpoint, collectives
from headrace.train.callbacks import Checkpoints, CountSteps, ExactMetrics, Position, Progress
from headrace.train.optimizer import distributed, make_optimizer
from headrace.train.run_folder import RunFolder, RunRecord

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
    rank, world_size = collectives.start()
    _share_the_machine()
    keras.utils.set_random_seed(record.configuration.train.seed)
    version = read(record.table, record.data_version)
    model = _compiled(folder, record, version)
    position = Position(_restored(folder, model, rank), record.steps_per_epoch)
    channel.send(kind="ready", step=position.step, seconds_since_start=round(_process_age(), 3))
    began = time.monotonic()
    first = position.step
    _fit(model, folder, record, version, position, (rank, world_size), channel)
    digest = collectives.agree_on(model.weights)
    seconds = time.monotonic() - began
    if rank == 0:
        _finish(model, folder, record, version, channel, digest=digest, seconds=seconds, steps=position.step - first)
    collectives.stop()


def _share_the_machine() -> None:
    """Give each of the ranks on one machine its part of the cores and, of a GPU, only the memory it uses."""
    cores = len(os.sched_getaffinity(0))
    threads = max(1, cores // collectives.local_ranks())
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)


def _compiled(folder: RunFolder, record: RunRecord, version: Version) -> keras.Model:
    model = build_model(folder.model_file, version.contract, record.configuration.model.options)
    model.compile(
        optimizer=distributed(make_optimizer(record.configuration.train.optimizer)),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        # Padding has weight 0, in the metrics as in the loss.
        weighted_metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        # Horovod's operations have no XLA kernel on CPUs.
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    return model


def _restored(folder: RunFolder, model: keras.Model, rank: int) -> int:
    """The step to go on from. Rank 0 reads the checkpoint; the others are given what it has."""
    state = checkpoint.state_of(model)
    found = checkpoint.newest(folder.checkpoints) if rank == 0 else None
    if found is not None:
        _restore(folder, state, found[1])
        log.info("Continuing from the checkpoint of step %s", found[0])
    step = collectives.broadcast_number(found[0] if found else 0)
    collectives.broadcast(state)
    return step


def _restore(folder: RunFolder, state: list[keras.Variable], arrays: list[Any]) -> None:
    try:
        checkpoint.restore(state, arrays)
    except ValueError as error:
        raise ConfigurationError(f"The run {folder.path} cannot continue: {error}. Name another train.run.") from error


def _fit(
    model: keras.Model,
    folder: RunFolder,
    record: RunRecord,
    version: Version,
    position: Position,
    place: tuple[int, int],
    channel: "Channel",
) -> None:
    settings = record.configuration.train
    columns = training_columns(version.contract)
    plan = plan_for(version, "train", record.global_batch, record.lanes, settings.seed)
    batches = Batches(rank_stream(version, "train", plan, columns, *place), version.contract)
    callbacks = _callbacks(folder, record, version, position, place, channel, plan)
    try:
        while position.step < record.total_steps:
            epoch, step = divmod(position.step, record.steps_per_epoch)
            # An epoch begun before is finished first; the rest is one call, so that one iterator serves it all.
            until = epoch + 1 if step else record.epochs
            model.fit(
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
    for callback in callbacks:
        if isinstance(callback, Checkpoints | Progress):
            callback.finish()


def _callbacks(
    folder: RunFolder,
    record: RunRecord,
    version: Version,
    position: Position,
    place: tuple[int, int],
    channel: "Channel",
    plan: Plan,
) -> list[keras.callbacks.Callback]:
    rank, world_size = place
    settings = record.configuration.train
    callbacks: list[keras.callbacks.Callback] = [
        CountSteps(position),
        ExactMetrics(position, plan, _validation(version, record, place)),
        Checkpoints(position, folder.checkpoints, settings.checkpoint_every_steps, settings.keep_checkpoints, rank),
    ]
    if rank == 0:
        every, rows = settings.log_every_steps, record.global_batch
        callbacks.append(Progress(position, folder.metrics_file, folder.events, every, rows, channel.send))
    return callbacks


def _validation(version: Version, record: RunRecord, place: tuple[int, int]) -> tuple[tf.data.Dataset, Plan] | None:
    if not version.summary.counts.get("val"):
        return None
    plan = in_order(version, "val", record.global_batch, place[1])
    stream = rank_stream(version, "val", plan, training_columns(version.contract), *place)
    return Batches(stream, version.contract).dataset(0, 0, 1), plan


def _finish(
    model: keras.Model,
    folder: RunFolder,
    record: RunRecord,
    version: Version,
    channel: "Channel",
    *,
    digest: str,
    seconds: float,
    steps: int,
) -> None:
    target = record.configuration.train.bundle or str(folder.path / "bundle")
    origin = bundle.Origin(
        run=str(folder.path),
        table=record.table,
        data_version=record.data_version,
        steps=record.total_steps,
        weights_sha256=digest,
        settings=version.summary.settings,
    )
    written = bundle.write(
        target, model, folder.model_file, version.contract, record.configuration.model.options, origin
    )
    speed = steps * record.global_batch / seconds if steps else 0.0
    channel.send(
        kind="done",
        bundle=str(written),
        weights_sha256=digest,
        parameters=model.count_params(),
        seconds=round(seconds, 3),
        samples_per_second=round(speed, 1),
    )


def _process_age() -> float:
    """Seconds since this process was started, imports included."""
    import psutil

    return time.time() - float(psutil.Process().create_time())
