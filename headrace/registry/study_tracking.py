"""A study, told to MLflow: each ended trial once, as a run nested in the study's own."""

from headrace.registry.run_entry import enter, fill, open_run
from headrace.registry.store import Registry, asked, runs_with
from headrace.registry.study_entries import PARENT, TRIAL, study_entry, trial_entry
from headrace.tune.outcome import Outcome

UNDER_WAY = "RUNNING"


def track_study(registry: Registry, outcome: Outcome) -> str:
    """Track the study and those of its ended trials that are not tracked yet; MLflow's number for the study's run.

    The folder of the study must be locked.

    Raises:
        HeadraceError: the registry does not answer.
    """
    from mlflow.exceptions import MlflowException

    try:
        with registry.changes.hold(f"track {outcome.folder.path}"):
            return _track(registry, outcome)
    except MlflowException as error:
        raise asked(registry, error) from error


def _track(registry: Registry, outcome: Outcome) -> str:
    study = next(iter(runs_with(registry, study_entry(outcome, {}).identity)), None)
    number = str(study.info.run_id) if study else open_run(registry, study_entry(outcome, {}))
    tracked = _tracked_trials(registry, number)
    missing = [one for one in outcome.trials if one.state != "running" and one.number not in tracked]
    if study is not None and study.info.status != UNDER_WAY and not missing:
        return number
    # Under way until its end is told, so that what is killed in between is done again.
    registry.client.update_run(number, status=UNDER_WAY)
    for one in missing:
        tracked[one.number] = enter(registry, trial_entry(outcome, one, number))
    fill(registry, number, study_entry(outcome, tracked))
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
