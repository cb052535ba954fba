"""How the values of a trial are chosen, and when it is stopped: Optuna's samplers and pruners by our words.

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
    """The sampler of one trial.

    Each trial has one of its own, seeded by the study's seed and the trial's number: a study that goes on after it was
    killed draws what it would have drawn, and not its first numbers again.
    """
    seed = int(np.random.SeedSequence([settings.seed, number]).generate_state(1)[0])
    # A grid's trials are waiting with their values; there is nothing to choose.
    if settings.sampler.kind != "tpe":
        return RandomSampler(seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        # With it trials at the same time do not all try the same promising place.
        liar = settings.parallel > 1
        return TPESampler(seed=seed, n_startup_trials=settings.sampler.startup_trials, constant_liar=liar)


def pruner_for(settings: Pruner, epochs: int) -> BasePruner:
    """The pruner of a study whose trials have `epochs`; it is asked after each of them."""
    if settings.kind == "median":
        return MedianPruner(n_startup_trials=settings.startup_trials, n_warmup_steps=settings.warmup_epochs)
    if settings.kind == "asha":
        return SuccessiveHalvingPruner(min_resource=1, reduction_factor=settings.reduction_factor)
    if settings.kind == "hyperband":
        return HyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=settings.reduction_factor)
    return NopPruner()
