"""A study, told to MLflow: each ended trial once, as a run nested in the study's own."""

from headrace.registry.store import Registry, registry_error, runs_with
from headrace.registry.tracking.mlflow_run import finish_run, log_run, start_run
from headrace.registry.tracking.study_runs import PARENT, TRIAL, study_run, trial_run
from headrace.tune.study.result import StudyResult

UNDER_WAY = "RUNNING"


def track_study(registry: Registry, outcome: StudyResult) -> str:
    """Track the study and those of its ended trials that are not tracked yet; MLflow's number for the study's run.

    The folder of the study must be locked.

    Raises:
        HeadraceError: the registry does not answer.
    """
    from mlflow.exceptions import MlflowException

    try:
        with registry.transaction.hold(f"track {outcome.folder.path}"):
            return _track(registry, outcome)
    except MlflowException as error:
        raise registry_error(registry, error) from error


def _track(registry: Registry, outcome: StudyResult) -> str:
    study = next(iter(runs_with(registry, study_run(outcome, {}).identity)), None)
    number = str(study.info.run_id) if study else start_run(registry, study_run(outcome, {}))
    tracked = _tracked_trials(registry, number)
    missing = [one for one in outcome.trials if one.state != "running" and one.number not in tracked]
    if study is not None and study.info.status != UNDER_WAY and not missing:
        return number
    # Under way until its end is told, so that what is killed in between is done again.
    registry.client.update_run(number, status=UNDER_WAY)
    for one in missing:
        tracked[one.number] = log_run(registry, trial_run(outcome, one, number))
    finish_run(registry, number, study_run(outcome, tracked))
    return number


def _tracked_trials(registry: Registry, study: str) -> dict[int, str]:
    """MLflow's numbers by those of trials; a trial that was told by half is deleted."""
    tracked: dict[int, str] = {}
    for run in runs_with(registry, {PARENT: study}):
        if run.info.status == UNDER_WAY:
            registry.client.delete_run(run.info.run_id)
        else:
            tracked[int(run.data.tags[TRIAL])] = str(run.info.run_id)
    return tracked
