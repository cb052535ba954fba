"""Train one rank from start to end: restore, fit, finalise and write the bundle."""

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import keras
import tensorflow as tf

from headrace import bundle
from headrace.errors import ConfigurationError
from headrace.runs.run_folder import RunFolder
from headrace.runs.run_record import RunRecord
from headrace.storage.append_locally_then_upload import mirror_appends
from headrace.stream.build_plan_and_rank_stream import training_plan
from headrace.stream.tf_data_pipeline import training_batches
from headrace.table import Version, read
from headrace.train import checkpoint
from headrace.train.bundle_verification.network_and_bundle_verifier import NetworkAndBundleVerifier
from headrace.train.bundle_verification.verification_process_client import VerificationProcess
from headrace.train.callbacks.best_epoch import BestEpoch
from headrace.train.callbacks.callback_list import ordered_callbacks
from headrace.train.callbacks.checkpoint_writer import CheckpointCallback
from headrace.train.callbacks.metrics_logger import MetricsLogger
from headrace.train.callbacks.network_file_callbacks_on_all_ranks import CustomCallbacks
from headrace.train.class_weights import class_weights
from headrace.train.distributed import collectives
from headrace.train.model.compiled_model import compile_model
from headrace.train.model.random_layer_seeds_by_rank import offset_seeds
from headrace.train.monitored_metric import bundle_has_best_epoch
from headrace.train.rank.rank_context_and_position import Position, RankContext
from headrace.train.tuner_controls import StoppedError

if TYPE_CHECKING:
    from headrace.train.rank.pipe_to_spark_task import Channel

log = logging.getLogger(__name__)

RunSummary = dict[str, float | int | str]
Found = TypeVar("Found", bound=keras.callbacks.Callback)


def train_rank(run: str, channel: "Channel", process: VerificationProcess | None = None) -> None:
    """Train this rank's share of the run in folder `run`, starting at its newest checkpoint.

    Args:
        process: a process that will load the bundle, started early; one is started when needed if not given.

    Raises:
        HeadraceError: the model's file or the data is invalid, or another rank failed.
    """
    folder = RunFolder(run)
    record = folder.record()
    if record is None:
        raise ConfigurationError(f"{folder.path} is not the folder of a run.")
    rank, world_size = collectives.init()
    _limit_threads_and_memory(record.threads)
    version = read(record.table, record.data_version)
    compiled = compile_model(folder, record, version)
    verifier = _verifier(record, version, compiled.model, process) if rank == 0 else None
    try:
        with mirror_appends(folder.path) as files:
            train(RankContext(folder, record, version, compiled, rank, world_size, channel, files, verifier))
    finally:
        if verifier is not None:
            verifier.close()
    collectives.shutdown()


def _verifier(
    record: RunRecord, version: Version, model: keras.Model, process: VerificationProcess | None
) -> NetworkAndBundleVerifier:
    configuration = record.configuration
    return NetworkAndBundleVerifier(model, version, configuration.stream, configuration.train.precision, process)


def train(rank: RankContext) -> None:
    """Train `rank`, which is connected to the others, to the end of its run; rank 0 writes the bundle.

    Raises:
        HeadraceError: the network or the data is invalid, or another rank failed.
    """
    saved = _load_and_broadcast(rank)
    if rank.verifier is not None:
        _verify_network(rank, rank.verifier, saved.step)
    rank.channel.send(kind="ready", step=saved.step, seconds_since_start=round(_process_age(), 3))
    position = Position(saved.step, rank.record.steps_per_epoch, saved.notes.get("seconds", 0.0))
    try:
        callbacks = _fit(rank, position, saved)
    except StoppedError:
        rank.channel.send(kind="stopped", step=position.step)
        return
    seconds = position.seconds
    summary = finalize_run(rank, position, callbacks)
    if rank.rank == 0:
        write_bundle(rank, seconds, position.step, summary)


def _verify_network(rank: RankContext, verifier: NetworkAndBundleVerifier, step: int) -> None:
    """Require usable outputs, and have a bundle of the untrained model loaded while the training begins."""
    verifier.require_usable_outputs()
    verifier.start_early_check(lambda folder: _write(rank, folder, {"bundle_steps": step, "weights_sha256": ""}))


def _limit_threads_and_memory(threads: int | None) -> None:
    """Limit this rank to its share of the machine's cores and to the GPU memory that it uses."""
    cores = len(os.sched_getaffinity(0))
    tf.config.threading.set_intra_op_parallelism_threads(threads or max(1, cores // collectives.local_ranks()))
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)


def _load_and_broadcast(rank: RankContext) -> checkpoint.Checkpoint:
    """Return the checkpoint to resume from; rank 0 reads it and broadcasts its state."""
    state = checkpoint.model_state(rank.model)
    latest = checkpoint.load_latest(rank.folder.checkpoints) if rank.rank == 0 else None
    if latest is not None:
        _restore(rank.folder, state, latest)
        log.info("Resuming from the checkpoint of step %s", latest.step)
    step = collectives.broadcast_int(latest.step if latest else 0)
    collectives.broadcast(state)
    offset_seeds(rank.model, rank.rank)
    sums = collectives.broadcast_arrays(latest.sums if latest else [])
    return checkpoint.Checkpoint(step, [], sums, latest.notes if latest else {})


def _restore(folder: RunFolder, state: list[keras.Variable], saved: checkpoint.Checkpoint) -> None:
    try:
        checkpoint.restore(state, saved.state)
    except ValueError as error:
        raise ConfigurationError(f"The run {folder.path} cannot be resumed: {error}. Set another train.run.") from error


def _fit(rank: RankContext, position: Position, saved: checkpoint.Checkpoint) -> list[keras.callbacks.Callback]:
    record, version = rank.record, rank.version
    settings = record.configuration.train
    plan = training_plan(version, "train", record.global_batch, record.lanes, settings.seed)
    weights = class_weights(settings.loss, version.contract, version.summary.counts["train"])
    streaming = record.configuration.stream
    batches = training_batches(version, plan, streaming, rank.rank, rank.world_size, class_weights=weights)
    callbacks = ordered_callbacks(rank, position, batches, saved)
    best, custom = _find(callbacks, BestEpoch), _find(callbacks, CustomCallbacks)
    custom.warn_if_resumed(position.step)
    for callback in callbacks:
        # Keras does this only if a step is left to train.
        callback.set_model(rank.model)
    try:
        while position.step < record.total_steps and not (
            position.between_epochs and (best.exhausted or custom.stopped)
        ):
            epoch, step = divmod(position.step, record.steps_per_epoch)
            # Finish an interrupted epoch first; one call trains all others, so that they share one iterator.
            end_epoch = epoch + 1 if step else record.epochs
            rank.model.fit(
                batches.dataset(epoch, step, end_epoch),
                initial_epoch=epoch,
                epochs=end_epoch,
                steps_per_epoch=record.steps_per_epoch - step,
                callbacks=callbacks,
                shuffle=False,
                verbose=0,
            )
    except tf.errors.OpError as error:
        raise batches.failure or error from error
    custom.finish()
    return callbacks


def _find(callbacks: list[keras.callbacks.Callback], kind: type[Found]) -> Found:
    return next(callback for callback in callbacks if isinstance(callback, kind))


def _process_age() -> float:
    """Return the seconds since the start of this process, imports included."""
    import psutil

    return time.time() - float(psutil.Process().create_time())


def finalize_run(rank: RankContext, position: Position, callbacks: list[keras.callbacks.Callback]) -> RunSummary:
    """Write the last checkpoint, select the weights of the bundle, and require equal weights on all ranks."""
    summary: RunSummary = {"steps": position.step}
    for callback in callbacks:
        if isinstance(callback, CheckpointCallback):
            callback.save()
            summary["checkpoint_seconds"] = round(callback.seconds, 3)
        elif isinstance(callback, MetricsLogger):
            callback.finish()
    # After the checkpoint: a run that continues does so from the last epoch, not from the best one.
    best, custom = _find(callbacks, BestEpoch), _find(callbacks, CustomCallbacks)
    summary |= _select_epoch(rank, position, best)
    summary["stopped_by_callback"] = custom.stopped and position.step < rank.record.total_steps
    rank.model.optimizer.finish(rank.model.trainable_weights)
    return summary | {"weights_sha256": collectives.require_equal_weights(rank.model.weights)}


def _select_epoch(rank: RankContext, position: Position, best: BestEpoch) -> RunSummary:
    """Give the model the weights of the epoch that the bundle gets; return that epoch and why training ended."""
    validates = bool(rank.version.summary.counts.get("val"))
    ships_best = bundle_has_best_epoch(rank.record.configuration.train.monitor, validates=validates) and best.epoch >= 0
    if ships_best:
        best.restore()
    return {
        "last_epoch": position.epoch,
        "best_epoch": best.epoch,
        "bundle_epoch": best.epoch if ships_best else position.epoch,
        "bundle_steps": (best.epoch + 1) * position.steps_per_epoch if ships_best else position.step,
        "monitored": best.metric,
        "stopped_early": best.exhausted and position.step < rank.record.total_steps,
    }


def write_bundle(rank: RankContext, seconds: float, steps: int, summary: RunSummary) -> None:
    """Write the bundle and report the result to the driver; on rank 0 only.

    Args:
        seconds: duration of the run's `steps`, over all attempts.
    """
    record = rank.record
    written = _write(rank, record.bundle, summary, rank.verifier.verify if rank.verifier else None)
    plan = training_plan(rank.version, "train", record.global_batch, record.lanes, record.configuration.train.seed)
    speed = plan.rows_until(steps) / seconds if steps else 0.0
    rank.channel.send(
        kind="done",
        bundle=str(written),
        parameters=rank.model.count_params(),
        penalties=bool(rank.model.losses),
        seconds=round(seconds, 3),
        samples_per_second=round(speed, 1),
        **summary,
    )


def _write(
    rank: RankContext, target: str | Path, summary: RunSummary, verify: Callable[[Path], None] | None = None
) -> Path:
    record, version = rank.record, rank.version
    origin = bundle.Origin(
        run=str(rank.folder.path),
        table=record.table,
        data_version=record.data_version,
        steps=int(summary["bundle_steps"]),
        weights_sha256=str(summary["weights_sha256"]),
        settings=version.summary.settings,
        text_column=version.summary.source.get("text_column"),
        input_column=version.summary.input_column,
        reader_options=json.loads(version.summary.source.get("options", "{}")),
        table_id=record.table_id,
        content_id=record.content_id,
        ancestors=record.ancestors,
        buckets=record.configuration.stream.buckets,
    )
    options = record.configuration.model.options
    return bundle.write(target, rank.model, rank.folder.model_file, version.contract, options, origin, verify)
