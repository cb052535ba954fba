"""Build and compile the Keras model of a run, identically on every rank."""

import logging
from dataclasses import dataclass, field

import keras

from headrace.networks.source import build_model
from headrace.runs.folder import RunFolder
from headrace.runs.record import RunRecord
from headrace.table import Version
from headrace.train.distributed import collectives
from headrace.train.distributed.gradients import GradientMonitor
from headrace.train.model.fine_tune import assign_weights, freeze, load_donor_weights
from headrace.train.model.loss_and_metrics import RowLossSum, make_loss, make_metrics
from headrace.train.model.optimizer import distributed, make_optimizer
from headrace.train.model.schedule import learning_rate
from headrace.train.model.sync_batch_norm import synchronize

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CompiledModel:
    """A compiled model and the monitor of its gradients."""

    model: keras.Model
    gradients: GradientMonitor = field(default_factory=GradientMonitor)


def compile_model(folder: RunFolder, record: RunRecord, version: Version) -> CompiledModel:
    """Build the model of the run and compile it with a distributed optimizer.

    Raises:
        ConfigurationError: the model's file, an optimizer's option or a layer's name is at fault.
        DataError: the bundle to begin from is missing or damaged.
    """
    made = CompiledModel(_built(folder, record, version))
    settings = record.configuration.train
    rate = learning_rate(settings.optimizer, record.ranks, record.steps_per_epoch, record.total_steps)
    optimizer = make_optimizer(settings.optimizer, rate, settings.precision)
    contract = version.contract
    made.model.compile(
        optimizer=distributed(optimizer, settings.compression, made.gradients),
        loss=make_loss(settings.loss, contract),
        # Padding has weight 0, in the metrics as in the loss.
        weighted_metrics=[
            *make_metrics(settings.metrics, contract),
            RowLossSum(make_loss(settings.loss, contract)),
        ],
        # Horovod's operations have no XLA kernel on CPUs.
        jit_compile=False,
        # Keras would put loss scaling outside of our optimizer, where ranks would skip different steps.
        auto_scale_loss=False,
    )
    made.model.optimizer.build(made.model.trainable_variables)
    return made


def _built(folder: RunFolder, record: RunRecord, version: Version) -> keras.Model:
    settings = record.configuration.train
    donor = load_donor_weights(settings.fine_tune) if settings.fine_tune else None
    keras.utils.set_random_seed(settings.seed)
    keras.config.set_dtype_policy(settings.precision)
    model = build_model(folder.model_file, version.contract, record.configuration.model.options)
    if settings.fine_tune and donor:
        anew = assign_weights(model, donor, settings.fine_tune.bundle)
        if collectives.is_rank_zero():
            log.info("Beginning from %s; new are the layers %s", settings.fine_tune.bundle, ", ".join(anew) or "none")
        freeze(model, settings.fine_tune.freeze)
    if settings.synchronized_batch_norm:
        synchronize(model)
    return model
