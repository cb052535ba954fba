"""Tracking of a study: each ended trial is logged once, as a run nested in the study's run."""

from headrace.registry.registry_connection import RegistryConnection, registry_error, search_runs
from headrace.registry.tracking.mlflow_run import finish_run, log_run, start_run
from headrace.registry.tracking.study_run_data import PARENT, TRIAL, study_run, trial_run
from headrace.tune.study.study_result import StudyResult

RUNNING = "RUNNING"


def track_study(registry: RegistryConnection, result: StudyResult) -> str:
    """Track the study and its ended trials that are not tracked yet; return the ID of the study's MLflow run.

    The folder of the study must be locked.

    Raises:
        HeadraceError: the registry does not respond.
    """
    from mlflow.exceptions import MlflowException

    try:
        with registry.transaction.hold(f"track {result.folder.path}"):
            return _track(registry, result)
    except MlflowException as error:
        raise registry_error(registry, error) from error


def _track(registry: RegistryConnection, result: StudyResult) -> str:
    study = next(iter(search_runs(registry, study_run(result, {}).identity)), None)
    run_id = str(study.info.run_id) if study else start_run(registry, study_run(result, {}))
    tracked = _tracked_trials(registry, run_id)
    missing = [trial for trial in result.trials if trial.state != "running" and trial.number not in tracked]
    if study is not None and study.info.status != RUNNING and not missing:
        return run_id
    # The run stays RUNNING until all is logged, so that the next command completes an interrupted one.
    registry.client.update_run(run_id, status=RUNNING)
    for trial in missing:
        tracked[trial.number] = log_run(registry, trial_run(result, trial, run_id))
    finish_run(registry, run_id, study_run(result, tracked))
    return run_id


def _tracked_trials(registry: RegistryConnection, study: str) -> dict[int, str]:
    """Return the MLflow run IDs by trial number; delete the runs of trials that were only partly logged."""
    tracked: dict[int, str] = {}
    for run in search_runs(registry, {PARENT: study}):
        if run.info.status == RUNNING:
            registry.client.delete_run(run.info.run_id)
        else:
            tracked[int(run.data.tags[TRIAL])] = str(run.info.run_id)
    return tracked
