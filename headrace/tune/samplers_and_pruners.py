"""Optuna's samplers and pruners for a study's settings.

Bergstra et al.: Algorithms for hyper-parameter optimization, NeurIPS (2011), for TPE; Golovin et al.: Google Vizier,
KDD (2017), for the median rule; Li et al.: A system for massively parallel hyperparameter tuning, arXiv:1810.05934
(2020), for ASHA; Li et al.: Hyperband, arXiv:1603.06560 (2018).
"""

import warnings

import numpy as np
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from headrace.config.sections.tuning import Pruner, Tune


def sampler_for(settings: Tune, number: int) -> BaseSampler:
    """Return the sampler of one trial.

    Each trial has its own sampler, seeded with the study's seed and the trial's number: a resumed study draws the
    values that it would have drawn without the interruption, instead of repeating its first ones.
    """
    seed = int(np.random.SeedSequence([settings.seed, number]).generate_state(1)[0])
    # The trials of a grid are enqueued with their values, so their sampler draws nothing.
    if settings.sampler.kind != "tpe":
        return RandomSampler(seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        # The constant liar keeps concurrent trials from all sampling the same promising region.
        constant_liar = settings.parallel > 1
        return TPESampler(seed=seed, n_startup_trials=settings.sampler.startup_trials, constant_liar=constant_liar)


def pruner_for(settings: Pruner, epochs: int) -> BasePruner:
    """Return the pruner of a study whose trials have `epochs` epochs; it decides after each epoch."""
    if settings.kind == "median":
        return MedianPruner(n_startup_trials=settings.startup_trials, n_warmup_steps=settings.warmup_epochs)
    if settings.kind == "asha":
        return SuccessiveHalvingPruner(min_resource=1, reduction_factor=settings.reduction_factor)
    if settings.kind == "hyperband":
        return HyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=settings.reduction_factor)
    return NopPruner()
