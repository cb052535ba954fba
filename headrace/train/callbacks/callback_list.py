"""The callbacks of training, ordered by their dependencies."""

import math

import keras

from headrace.runs.run_folder import RunFolder
from headrace.stream.build_plan_and_rank_stream import evaluation_plan
from headrace.stream.tf_data_pipeline import Batches, evaluation_batches
from headrace.train import checkpoint
from headrace.train.callbacks.best_epoch import BestEpoch
from headrace.train.callbacks.checkpoint_writer import CheckpointCallback
from headrace.train.callbacks.early_bundle_check import EarlyBundleCheck
from headrace.train.callbacks.exact_metrics import ExactMetrics
from headrace.train.callbacks.metrics_logger import MetricsLogger
from headrace.train.callbacks.network_file_callbacks_on_all_ranks import CustomCallbacks
from headrace.train.callbacks.non_finite_gradients import SKIPS_OF_LOSS_SCALING, StopOnNonFinite
from headrace.train.callbacks.stop_request import StopOnRequest
from headrace.train.callbacks.untrained_weights import UntrainedWeightsWarning
from headrace.train.model.optimizer_from_settings import NEEDS_LOSS_SCALING
from headrace.train.monitored_metric import metric_names, monitored_metric
from headrace.train.rank.rank_context_and_position import CountSteps, Position, RankContext


def ordered_callbacks(
    rank: RankContext, position: Position, batches: Batches, saved: checkpoint.Checkpoint
) -> list[keras.callbacks.Callback]:
    """Return the callbacks in call order: the same on every rank, except that only rank 0 writes files and messages."""
    folder, settings = rank.folder, rank.record.configuration.train
    gradients, stream = rank.compiled.gradients, batches.stream
    validation = _validation(rank)
    metrics = ExactMetrics(stream.plan, validation, saved.sums, measures_training=rank.compiled.measures_training)
    names = metric_names(settings.metrics, rank.version.contract)
    monitored = monitored_metric(settings.monitor, names, validation is not None)
    check_every = math.gcd(rank.record.log_every_steps, settings.checkpoint_every_steps)
    loss_scaling = settings.precision == NEEDS_LOSS_SCALING
    # Under loss scaling, gradients are reduced at every step, even if accumulated.
    reduced_every = 1 if loss_scaling else settings.optimizer.accumulate_steps
    max_non_finite = SKIPS_OF_LOSS_SCALING if loss_scaling else 0
    callbacks: list[keras.callbacks.Callback] = [
        CountSteps(position),
        StopOnNonFinite(position, gradients, stream, folder.non_finite, check_every, reduced_every, max_non_finite),
        metrics,
        BestEpoch(position, folder.best, settings.monitor, monitored, rank.rank),
    ]
    if rank.rank == 0:
        rank.files.path_for_append(folder.metrics_file.name)
        every, send = rank.record.log_every_steps, rank.channel.send
        callbacks.append(MetricsLogger(position, RunFolder(rank.files.local), gradients, every, stream, send))
        callbacks.append(UntrainedWeightsWarning(gradients))
    if rank.verifier is not None:
        callbacks.append(EarlyBundleCheck(rank.verifier, rank.record.epochs))
    callbacks.append(CustomCallbacks(rank.compiled.custom, rank.rank))
    checkpoint_callback = CheckpointCallback(position, rank, metrics)
    files = (folder.interrupt_file, folder.stop_file) if rank.record.observed else (folder.interrupt_file,)
    return [*callbacks, checkpoint_callback, StopOnRequest(checkpoint_callback, files)]


def _validation(rank: RankContext) -> Batches | None:
    version = rank.version
    if not version.summary.counts.get("val"):
        return None
    plan = evaluation_plan(version, "val", rank.record.global_batch, rank.world_size)
    streaming = rank.record.configuration.stream
    return evaluation_batches(version, "val", plan, streaming, rank.rank, rank.world_size)
