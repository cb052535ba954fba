"""The verb: a configuration with a section `tune` -> a study -> the best configuration, ready to train."""

import time
from collections.abc import Callable
from typing import Any

import yaml

from headrace.config import Configuration
from headrace.config.load import changed
from headrace.errors import ConfigurationError
from headrace.storage import is_remote
from headrace.storage.append_mirror import mirror_appends
from headrace.storage.atomic import atomic_write
from headrace.tune.report.page import write_page
from headrace.tune.search import Search
from headrace.tune.study.folder import StudyFolder, StudyRecord
from headrace.tune.study.result import StudyResult
from headrace.tune.study.setup import open_or_create
from headrace.tune.study.trial_records import TrialRecord, count, read_trials
from headrace.tune.trial import trial_configuration


def tune(configuration: Configuration, tracker: Callable[[StudyResult], str] | None = None) -> dict[str, Any]:
    """Begin the study `tune.study`, or go on with it; what came of it, `best` None where no trial is complete.

    Args:
        tracker: is given what the study has come to while its folder is still held, and gives the answer's `tracked`.

    Raises:
        ConfigurationError: there is no section `tune`, its space does not fit, or the study is one of other settings.
        DataError: the table is missing or damaged.
        TrainingError: too few slots, or another process works on the study.
    """
    began = time.monotonic()
    if configuration.tune is None:
        raise ConfigurationError(
            "The configuration has no section `tune`; add one with `study`, a folder, and `space`, "
            "such as {train.optimizer.learning_rate: {kind: float, low: 1.0e-4, high: 0.1, log: true}}."
        )
    folder = StudyFolder(configuration.tune.study)
    with folder.locked(), mirror_appends(folder.path) as files:
        record = open_or_create(folder, configuration)
        search = Search(folder, record, files)
        search.run()
        outcome = StudyResult(folder, record, read_trials(search.study, record.tune.space))
        if outcome.best is not None:
            _write_best(folder, record, outcome.best)
        write_page(folder, record, search.study, outcome.trials)
        answer = _answer(outcome) | ({"tracked": tracker(outcome)} if tracker else {})
    return answer | {"seconds": round(time.monotonic() - began, 3)}


def _write_best(folder: StudyFolder, record: StudyRecord, best: TrialRecord) -> None:
    """The whole configuration of the best trial, with a run of its own, so that it trains as it is."""
    run = f"{record.configuration.train.run}-tuned"
    made = changed(trial_configuration(record, dict(best.parameters)), {"train.run": run}, folder.best)
    # From a bucket it is fetched first: configurations are read here.
    file = folder.best.name if is_remote(folder.best) else folder.best
    head = f"# Trial {best.number} of {folder.path}: {record.metric} {best.value:.6g}.\n#   headrace train {file}\n"
    text = yaml.safe_dump(made.model_dump(mode="json", exclude={"tune"}), sort_keys=False, allow_unicode=True)
    atomic_write(folder.best, (head + text).encode())


def _answer(outcome: StudyResult) -> dict[str, Any]:
    folder, record, trials, best = outcome.folder, outcome.record, outcome.trials, outcome.best
    return {
        "study": str(folder.path),
        "metric": record.metric,
        "direction": record.direction,
        "complete": count(trials, "complete"),
        "pruned": count(trials, "pruned"),
        "failed": count(trials, "failed"),
        "best": best.model_dump(mode="json", exclude={"figures", "sentence", "state"}) if best else None,
        "configuration": str(folder.best) if best else None,
        "bundle": str(folder.run(best.number).path / "bundle") if best else None,
        "report": str(folder.report),
        "trials": [one.model_dump(mode="json", exclude={"figures"}) | {"epochs": one.epochs} for one in trials],
    }


def as_text(answer: dict[str, Any]) -> str:
    """For people: a line for each trial, the best marked with a star."""
    best = answer["best"]["number"] if answer["best"] else None
    keys = list(dict.fromkeys(key for one in answer["trials"] for key in one["parameters"]))
    lines = [["", "trial", "state", answer["metric"], "epochs", "seconds", *keys]]
    for one in answer["trials"]:
        figures = ("" if one[name] is None else f"{one[name]:.6g}" for name in ("value", "epochs", "seconds"))
        chosen = (_short(one["parameters"].get(key, "")) for key in keys)
        lines.append(["*" if one["number"] == best else "", str(one["number"]), one["state"], *figures, *chosen])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    table = ["  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    failed = [f"trial {one['number']} failed: {one['sentence']}" for one in answer["trials"] if one["sentence"]]
    return "\n".join(table + failed)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
