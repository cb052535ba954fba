"""`headrace tune`: run the study of a configuration and write the best configuration, ready to train."""

import time
from collections.abc import Callable
from typing import Any

import yaml

from headrace.config import Configuration
from headrace.config.load import with_values
from headrace.errors import ConfigurationError
from headrace.storage import is_remote
from headrace.storage.append_locally_then_upload import mirror_appends
from headrace.storage.atomic_files_and_folders import atomic_write
from headrace.terminal_table import text_table
from headrace.tune.report.page import write_page
from headrace.tune.search_loop import Search
from headrace.tune.study.open_or_create_record import open_or_create
from headrace.tune.study.study_folder import StudyFolder, StudyRecord
from headrace.tune.study.study_result import StudyResult
from headrace.tune.study.trial_summaries import TrialRecord, count, read_trials
from headrace.tune.trial import trial_configuration


def tune(configuration: Configuration, tracker: Callable[[StudyResult], str] | None = None) -> dict[str, Any]:
    """Start or resume the study `tune.study` and run its trials.

    Args:
        tracker: called with the study's result while its folder is still locked; returns the value of `tracked`.

    Returns:
        The trials, the number of trials per state, and the best trial as `best`, None if no trial is complete.

    Raises:
        ConfigurationError: the section `tune` is missing, its space does not fit the configuration, or the study has
            other settings.
        DataError: the table is missing or damaged.
        TrainingError: too few slots are free, or another process has locked the study.
    """
    start = time.monotonic()
    if configuration.tune is None:
        raise ConfigurationError(
            "The configuration has no section `tune`; add one with the folder `study` and with `space`, "
            "such as {train.optimizer.learning_rate: {kind: float, low: 1.0e-4, high: 0.1, log: true}}."
        )
    folder = StudyFolder(configuration.tune.study)
    with folder.locked(), mirror_appends(folder.path) as files:
        record = open_or_create(folder, configuration)
        search = Search(folder, record, files)
        search.run()
        result = StudyResult(folder, record, read_trials(search.study, record.tune.space))
        if result.best is not None:
            write_best(folder, record, result.best)
        write_page(folder, record, search.study, result.trials)
        summary = _summarize(result) | ({"tracked": tracker(result)} if tracker else {})
    return summary | {"seconds": round(time.monotonic() - start, 3)}


def write_best(folder: StudyFolder, record: StudyRecord, best: TrialRecord) -> None:
    """Write the complete configuration of the best trial with its own `train.run`, so that it can be trained as is.

    It names the version of the table that the trials read, as the value is of that one.
    """
    own = {"train.run": f"{record.configuration.train.run}-tuned", "train.data_version": record.data_version}
    configuration = with_values(trial_configuration(record, dict(best.parameters)), own, folder.best)
    # A configuration is read from local files only, so the user downloads one in a bucket first.
    file = folder.best.name if is_remote(folder.best) else folder.best
    value = f"{record.metric} {best.value:.6g}, on version {record.data_version} of the table"
    header = f"# Trial {best.number} of {folder.path}: {value}.\n#   headrace train {file}\n"
    text = yaml.safe_dump(configuration.model_dump(mode="json", exclude={"tune"}), sort_keys=False, allow_unicode=True)
    atomic_write(folder.best, (header + text).encode())


def _summarize(result: StudyResult) -> dict[str, Any]:
    folder, record, trials, best = result.folder, result.record, result.trials, result.best
    return {
        "study": str(folder.path),
        "metric": record.metric,
        "direction": record.direction,
        "complete": count(trials, "complete"),
        "pruned": count(trials, "pruned"),
        "failed": count(trials, "failed"),
        "best": best.model_dump(mode="json", exclude={"intermediate_values", "error", "state"}) if best else None,
        "configuration": str(folder.best) if best else None,
        "bundle": str(folder.run(best.number).path / "bundle") if best else None,
        "report": str(folder.report),
        "trials": [
            trial.model_dump(mode="json", exclude={"intermediate_values"}) | {"epochs": trial.epochs}
            for trial in trials
        ],
    }


def as_text(summary: dict[str, Any]) -> str:
    """Format the result of `tune` as text, one line per trial; a star marks the best one."""
    best, trials = summary["best"]["number"] if summary["best"] else None, summary["trials"]
    keys = list(dict.fromkeys(key for trial in trials for key in trial["parameters"]))
    header, rows = ["", "trial", "state", summary["metric"], "epochs", "seconds", *keys], []
    for trial in trials:
        numbers = ("" if trial[name] is None else f"{trial[name]:.6g}" for name in ("value", "epochs", "seconds"))
        parameters = (_short(trial["parameters"].get(key, "")) for key in keys)
        marker = "*" if trial["number"] == best else ""
        rows.append([marker, str(trial["number"]), trial["state"], *numbers, *parameters])
    failures = [f"trial {trial['number']} failed: {trial['error']}" for trial in trials if trial["error"]]
    return "\n".join([text_table(header, rows, len(header)), *failures])


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
