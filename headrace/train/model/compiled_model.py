"""Build and compile the Keras model of a run, identically on every rank."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from headrace.config.sections.training import FineTune, Loss
from headrace.errors import DataError
from headrace.networks.item_layer_and_query_network import require_items_layer
from headrace.networks.network_build_and_checks import build_model, require_keras_methods
from headrace.runs.run_folder import RunFolder
from headrace.runs.run_record import RunRecord
from headrace.table import Version
from headrace.train.checkpoint import load_latest
from headrace.train.class_weights import class_weights
from headrace.train.distributed import collectives
from headrace.train.distributed.gradient_averaging_and_monitoring import GradientMonitor
from headrace.train.model.custom_train_step import has_own_train_step, log_metrics_only
from headrace.train.model.gradient_averaging_optimizer import make_distributed
from headrace.train.model.item_softmax_over_batch import BatchNegatives, initialize_bias
from headrace.train.model.learning_rate_schedule import learning_rate
from headrace.train.model.losses_and_metrics.custom_loss_metrics_optimizer_callbacks import (
    CustomObjective,
    load_custom_objective,
)
from headrace.train.model.losses_and_metrics.row_metrics import RowMetric
from headrace.train.model.optimizer_from_settings import make_optimizer
from headrace.train.model.pretrained.pretrained_bundle import PretrainedBundle, load_pretrained_bundle
from headrace.train.model.pretrained.weight_transfer_and_freezing import fine_tune, freeze
from headrace.train.model.sync_batch_norm import synchronize


@dataclass(frozen=True)
class CompiledModel:
    """A compiled model, the monitor of its gradients, and the functions of the network's file.

    Attributes:
        measures_training: whether the metrics are those of training rows too, and not of validation alone.
    """

    model: keras.Model
    gradients: GradientMonitor
    custom: CustomObjective
    measures_training: bool = True


def compile_model(folder: RunFolder, record: RunRecord, version: Version) -> CompiledModel:
    """Build the model of the run and compile it with a distributed optimizer.

    Raises:
        ConfigurationError: the model's file, an optimizer's option or a layer's name is invalid.
        DataError: the pretrained bundle is missing or damaged.
    """
    model = _build_with_weights(folder, record, version)
    settings, contract = record.configuration.train, version.contract
    custom = load_custom_objective(folder.model_file, contract, settings)
    if has_own_train_step(model):
        log_metrics_only(model)
    negatives = _batch_negatives(model, folder.model_file, settings.loss, version)
    monitor = GradientMonitor(len(model.trainable_variables))
    compiled = CompiledModel(model, monitor, custom, measures_training=negatives is None)
    rate = learning_rate(settings.optimizer, record.ranks, record.steps_per_epoch, record.total_steps)
    optimizer = make_optimizer(settings.optimizer, rate, settings.precision, custom.optimizer(rate))
    row_metric = negatives.metric if negatives else RowMetric
    compiled.model.compile(
        optimizer=make_distributed(optimizer, settings.compression, compiled.gradients),
        loss=custom.training_loss(settings),
        weighted_metrics=custom.weighted_metrics(settings, row_metric),
        # Horovod's operations have no XLA kernel on CPUs.
        jit_compile=False,
        # Keras would wrap loss scaling around our optimizer, and ranks would skip different steps.
        auto_scale_loss=False,
    )
    compiled.model.optimizer.build(compiled.model.trainable_variables)
    return compiled


def _build_with_weights(folder: RunFolder, record: RunRecord, version: Version) -> keras.Model:
    settings = record.configuration.train
    pretrained = _load_pretrained_unless_resumed(folder, settings.fine_tune, version) if settings.fine_tune else None
    keras.utils.set_random_seed(settings.seed)
    keras.config.set_dtype_policy(settings.precision)
    model = build_model(folder.model_file, version.contract, record.configuration.model.options)
    require_keras_methods(model, folder.model_file)
    if settings.loss.negatives == "batch":
        # Before weights of a pretrained bundle, which follow the names of the items.
        initialize_bias(require_items_layer(model, folder.model_file), _learned_rows(settings.loss, version)[1])
    if settings.fine_tune and pretrained:
        transfer = fine_tune(model, pretrained, version.contract, settings.fine_tune)
        if collectives.is_rank_zero():
            transfer.report(settings.fine_tune.bundle)
    elif settings.fine_tune:
        freeze(model, settings.fine_tune.freeze)
    if settings.synchronized_batch_norm:
        synchronize(model)
    return model


def _batch_negatives(model: keras.Model, path: Path, settings: Loss, version: Version) -> BatchNegatives | None:
    """Train `model` with the items of a batch as negatives, if the settings say so."""
    if settings.negatives == "all":
        return None
    negatives = BatchNegatives(require_items_layer(model, path), _learned_rows(settings, version)[0])
    negatives.apply_to(model)
    return negatives


def _learned_rows(settings: Loss, version: Version) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the training rows of each item whose class weight is not 0, and these rows times that weight."""
    contract, counts = version.contract, version.summary.counts["train"]
    rows = np.array([counts.get(name, 0) for name in contract.classes], np.float64)
    weights = np.asarray(class_weights(settings, contract, counts) or np.ones(len(rows)))
    return rows * (weights > 0), rows * weights


def _load_pretrained_unless_resumed(folder: RunFolder, settings: FineTune, version: Version) -> PretrainedBundle | None:
    """Return the pretrained bundle; None if it no longer exists and a checkpoint holds the run's own weights.

    Raises:
        DataError: the pretrained bundle is missing or damaged, and there is no checkpoint.
    """
    try:
        return load_pretrained_bundle(settings, version)
    except DataError:
        if load_latest(folder.checkpoints) is None:
            raise
        return None
