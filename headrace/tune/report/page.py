"""The HTML page of a study: its search space, its trials and the best configuration."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

from headrace import __version__
from headrace.html.jinja_environment import environment
from headrace.storage.atomic_files_and_folders import atomic_write
from headrace.tune.report.parallel_coordinates import parallel_coordinates
from headrace.tune.report.plots import Plots
from headrace.tune.study.study_folder import StudyFolder, StudyRecord
from headrace.tune.study.trial_summaries import TrialRecord, best_trial, count

TEMPLATES = Path(__file__).parent / "pages"
# With fewer trials, parameter importance is mostly noise.
MIN_IMPORTANCE_TRIALS = 10


def write_page(folder: StudyFolder, record: StudyRecord, study: optuna.Study, records: Sequence[TrialRecord]) -> Path:
    """Write the page, replacing an older one, and return its path; the same study yields the same bytes."""
    plots, space = Plots(record, records), record.tune.space
    page = environment(TEMPLATES).get_template("study.html.jinja").render(
        headrace_version=__version__,
        folder=folder,
        study=record,
        records=records,
        best=best_trial(records, record.direction),
        counts={state: count(records, state) for state in ("complete", "pruned", "failed", "running")},
        overview=[plot for plot in (plots.history(), plots.by_epoch()) if plot],
        parameters=[plot for key, parameter in space.items() if (plot := plots.by_parameter(key, parameter))],
        parallel=parallel_coordinates(plots, space),
        importance=_importance(study, records),
    )  # fmt: skip
    atomic_write(folder.report, page.encode("utf-8", "backslashreplace"))
    return folder.report


def _importance(study: optuna.Study, records: Sequence[TrialRecord]) -> dict[str, float]:
    """Return each parameter's share in distinguishing the best tenth of trials (PED-ANOVA); empty for few trials.

    Watanabe, Bansal, Hutter: PED-ANOVA, IJCAI (2023).
    """
    if count(records, "complete") < MIN_IMPORTANCE_TRIALS:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
