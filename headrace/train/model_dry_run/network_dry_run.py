"""Run one forward and backward pass of an untrained network."""

import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from headrace.config.sections.training import Train
from headrace.errors import ConfigurationError, HeadraceError
from headrace.networks.item_layer_and_query_network import require_items_layer
from headrace.networks.network_build_and_checks import build_model, describe_failure, require_keras_methods
from headrace.runs.run_record import RunRecord
from headrace.stream.build_plan_and_rank_stream import evaluation_plan
from headrace.stream.tf_data_pipeline import evaluation_batches
from headrace.table import Version
from headrace.train.bundle_verification.network_and_bundle_verifier import BATCH_ROWS, NetworkAndBundleVerifier
from headrace.train.bundle_verification.untracked_variables import require_tracked_weights, untracked_generators
from headrace.train.model.custom_train_step import check_train_step, has_own_train_step
from headrace.train.model.losses_and_metrics.custom_loss_and_metrics_padding_check import require_padding_invariant
from headrace.train.model.losses_and_metrics.custom_loss_metrics_optimizer_callbacks import (
    CustomObjective,
    load_custom_objective,
)
from headrace.train.model.pretrained.pretrained_bundle import load_pretrained_bundle
from headrace.train.model.pretrained.weight_transfer_and_freezing import fine_tune
from headrace.train.monitored_metric import metric_names
from headrace.wording import join_names

# A loss of this many times that of guessing comes from inputs that are not normalised, or from wrong outputs.
SUSPICIOUS = 5.0
# Their state is neither in Keras's seed generators nor in a checkpoint, even where they are given a seed.
STATEFUL_RANDOM_OPERATIONS = frozenset(
    ("RandomStandardNormal", "RandomUniform", "RandomUniformInt", "TruncatedNormal", "ParameterizedTruncatedNormal")
    + ("RandomShuffle", "RandomGamma", "RandomPoissonV2", "Multinomial", "StatefulStandardNormalV2")
)

Batch = tuple[Any, Any, Any]


def dry_run_network(file: Path, record: RunRecord, version: Version) -> list[str]:
    """Build the network in `file`, and compute outputs, loss and gradients of one batch; return warnings.

    Raises:
        ConfigurationError: it cannot be built, raises an error, or its outputs, loss or gradients cannot be used; or
            `train.fine_tune` does not fit it.
        DataError: the table or the pretrained bundle of the initial weights cannot be read.
    """
    configuration = record.configuration
    settings, options = configuration.train, configuration.model.options
    pretrained = load_pretrained_bundle(settings.fine_tune, version) if settings.fine_tune else None
    keras.utils.set_random_seed(settings.seed)
    keras.config.set_dtype_policy(settings.precision)
    model = build_model(file, version.contract, options)
    require_keras_methods(model, file)
    if settings.loss.negatives == "batch":
        require_items_layer(model, file)
    if settings.fine_tune and pretrained:
        fine_tune(model, pretrained, version.contract, settings.fine_tune)
    custom = load_custom_objective(file, version.contract, settings)
    plan = evaluation_plan(version, "train", BATCH_ROWS)
    batch: Batch = next(iter(evaluation_batches(version, "train", plan, configuration.stream).steps(0, 0, 1)))
    built = {id(variable) for variable in model.variables}
    try:
        NetworkAndBundleVerifier(
            model, version, configuration.stream, settings.precision, None
        ).require_usable_outputs()
        require_padding_invariant(custom, metric_names(settings.metrics, version.contract))
        custom.optimizer(settings.optimizer.learning_rate)
        custom.callbacks()
        loss, reached = _step(model, batch, custom.training_loss(settings))
        _refuse_late_weights(model, built, file)
        random = _random_sources(model, batch[0])
        warnings = _try_train_step(model, custom, settings, batch) if has_own_train_step(model) else []
    except HeadraceError:
        raise
    except Exception as error:  # the network's code may raise anything
        raise ConfigurationError(f"The model file {file} failed at {describe_failure(error, file, options)}") from error
    if model.trainable_variables and not reached:
        raise ConfigurationError(
            f"No weight of the network in {file} gets a gradient: its outputs do not depend on its weights."
        )
    initial = [] if "loss" in custom.functions else _check_initial_loss(loss, version)
    return initial + _describe_randomness(random) + warnings


def _try_train_step(model: keras.Model, custom: CustomObjective, settings: Train, batch: Batch) -> list[str]:
    """Try the network's own `train_step`; return warnings.

    Raises:
        ConfigurationError: see `check_train_step`; or another setting replaces the step.
    """
    if settings.loss.negatives == "batch":
        raise ConfigurationError(
            f"The network in {custom.path} has a `train_step` of its own, which train.loss.negatives=batch would "
            "replace; remove one of them."
        )
    loss, metrics = custom.training_loss(settings), custom.weighted_metrics(settings)
    return check_train_step(model, loss, metrics, batch, custom.path, settings.precision)


def _refuse_late_weights(model: keras.Model, built: Collection[int], file: Path) -> None:
    """Raise if a layer has created weights with the first batch, as Keras saves these and cannot load them.

    Args:
        built: identities of the variables that the network had when it was built.

    Raises:
        ConfigurationError: in that case.
    """
    late = [variable.path for variable in model.variables if id(variable) not in built]
    if late:
        raise ConfigurationError(
            f"The network in {file} creates the weights {join_names(late)} with its first batch, and not when it is "
            "built, so that Keras could save but not load them: in the `build` of the layer, build its inner layers "
            "too (self.dense.build(shape)), or leave out `build`."
        )


def _step(model: keras.Model, batch: Batch, loss: keras.losses.Loss) -> tuple[float, bool]:
    """Return the loss of a batch, and whether any weight gets a gradient."""
    inputs, targets, weights = batch
    with tf.GradientTape() as tape:
        value = loss(targets, model(inputs, training=True), sample_weight=weights)
    gradients = tape.gradient(value, [variable.value for variable in model.trainable_variables])
    return float(value), any(gradient is not None for gradient in gradients)


def _random_sources(model: keras.Model, inputs: Any) -> list[str]:
    """Return what draws random numbers from a state that no checkpoint has: operations of TensorFlow, and layers.

    Raises:
        ConfigurationError: the training reads variables that the model does not have.
    """
    graph = tf.function(lambda batch: model(batch, training=True)).get_concrete_function(inputs).graph
    require_tracked_weights(model, graph, inputs, training=True)
    definition = graph.as_graph_def()
    inner = (node.op for function in definition.library.function for node in function.node_def)
    operations = sorted(STATEFUL_RANDOM_OPERATIONS & {*(node.op for node in definition.node), *inner})
    return [f"TensorFlow's {name}" for name in operations] + [
        f"the generator of {layer}" for layer in untracked_generators(model, graph, inputs, training=True)
    ]


def _describe_randomness(sources: list[str]) -> list[str]:
    if not sources:
        return []
    return [
        f"The network draws random numbers with {join_names(sources)}, whose state no checkpoint has: a run that is "
        "interrupted, or that gets more epochs, ends with other weights than one that is not. Use keras.random with a "
        "keras.random.SeedGenerator in an attribute of the layer."
    ]


def _check_initial_loss(loss: float, version: Version) -> list[str]:
    """Return a warning if the loss of an untrained network of classes is not near that of guessing."""
    classes = len(version.contract.classes)
    guesses = version.contract.target.has_one_class
    if not guesses or not np.isfinite(loss) or loss <= SUSPICIOUS * math.log(classes):
        return []
    return [
        f"The loss before training is {loss:.3g}, that of guessing among {classes} classes is {math.log(classes):.3g}; "
        "check the normalisation of the inputs."
    ]
