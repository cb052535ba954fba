"""What happens besides the steps, in the order in which it must."""

import math

import keras

from headrace.stream.dataset import Batches, evaluation_batches
from headrace.stream.open import in_order
from headrace.train import checkpoint
from headrace.train.best import Best
from headrace.train.exact_metrics import ExactMetrics
from headrace.train.fit_to_table import metric_names, watched_metric
from headrace.train.not_finite import SKIPS_OF_LOSS_SCALING, StopIfNotFinite
from headrace.train.one_rank import OneRank
from headrace.train.optimizer import NEEDS_LOSS_SCALING
from headrace.train.position import CountSteps, Position
from headrace.train.reporting import Reporting
from headrace.train.run_folder import RunFolder
from headrace.train.saving import Checkpoints
from headrace.train.stop_if_asked import StopIfAsked


def callbacks_of(
    rank: OneRank, position: Position, batches: Batches, saved: checkpoint.Saved
) -> list[keras.callbacks.Callback]:
    """In the order in which they must be called; on every rank the same, only files and messages are rank 0's."""
    folder, settings = rank.folder, rank.record.configuration.train
    gradients, stream = rank.compiled.gradients, batches.stream
    validation = _validation(rank)
    metrics = ExactMetrics(stream.plan, validation, saved.sums)
    names = metric_names(settings.metrics, rank.version.contract)
    watched = watched_metric(settings.watch, names, validation is not None)
    looks = math.gcd(settings.log_every_steps, settings.checkpoint_every_steps)
    scaled = settings.precision == NEEDS_LOSS_SCALING
    # Under loss scaling gradients are reduced at every step, accumulated or not.
    reduced_every = 1 if scaled else settings.optimizer.accumulate_steps
    tolerated = SKIPS_OF_LOSS_SCALING if scaled else 0
    callbacks: list[keras.callbacks.Callback] = [
        CountSteps(position),
        StopIfNotFinite(position, gradients, stream, folder.not_finite, looks, reduced_every, tolerated),
        metrics,
        Best(position, folder.best, settings.watch, watched, rank.rank),
    ]
    if rank.rank == 0:
        rank.files.continued(folder.metrics_file.name)
        every, rows, send = settings.log_every_steps, rank.record.global_batch, rank.channel.send
        callbacks.append(Reporting(position, RunFolder(rank.files.here), gradients, every, rows, send))
    if rank.record.followed:
        every = settings.log_every_steps
        callbacks.append(StopIfAsked(position, folder.stop_file, every, rank.rank, rank.world_size))
    return [*callbacks, Checkpoints(position, rank, metrics)]


def _validation(rank: OneRank) -> Batches | None:
    version = rank.version
    if not version.summary.counts.get("val"):
        return None
    plan = in_order(version, "val", rank.record.global_batch, rank.world_size)
    streaming = rank.record.configuration.stream
    return evaluation_batches(version, "val", plan, streaming, rank.rank, rank.world_size)
