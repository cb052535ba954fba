"""The steps of a cycle that are about data: prepare them, and see whether they ask for a new model."""

import logging
from typing import Any

from headrace.errors import DataError
from headrace.registry.promotion import finish_promotion
from headrace.registry.versions import champion
from headrace.retrain.gate.comparison import frozen_version
from headrace.retrain.records import Outcome
from headrace.retrain.steps.context import CycleContext, StepResult
from headrace.table import Version, read

log = logging.getLogger(__name__)

SHOWN = 3


def prepare(work: CycleContext) -> StepResult:
    """Append what is new to the table; data that are refused end the cycle until they, or the bounds, are mended."""
    from headrace.prepare.job import prepare as run

    try:
        return StepResult(run(work.configuration))
    except DataError as error:
        return StepResult(None, Outcome(decision="data refused", reasons=(str(error),), exit_code=DataError.exit_code))


def validate(work: CycleContext) -> StepResult:
    """Compare the new version with the expectations and with the champion's data; decide whether to train."""
    from headrace.retrain.drift.assessment import changed_rows, drift

    finish_promotion(work.registry)
    serving = champion(work.registry)
    version, trained_on = work.version, _last_trained(work)
    output: dict[str, Any] = {
        "version": version.number,
        "test_version": _test_version(work, version),
        "champion": serving.version if serving else None,
        "champion_data_version": serving.data_version if serving else None,
        "breaches": _breaches(version, work),
        "changed_rows": sum(shard.rows for shard in version.split("train")),
    }
    drifted: list[str] = []
    if serving is not None:
        from headrace.spark.session import session

        reference = read(version.table, serving.data_version)
        spark = session("retrain", work.configuration.spark)
        changes = drift(spark, reference, version, work.settings.drift)
        drifted = [f"{one.statistic} of {one.of_class} (PSI {one.psi:.2f})" for one in changes.drifted]
        output["drift"] = changes.model_dump(mode="json")
    if trained_on is not None:
        output["changed_rows"] = changed_rows(read(version.table, trained_on), version).rows
    return _decided(work, output, drifted, is_first=serving is None)


def _decided(work: CycleContext, output: dict[str, Any], drifted: list[str], *, is_first: bool) -> StepResult:
    """With the reason to train, or the one not to."""
    rows, enough = output["changed_rows"], work.settings.min_new_rows
    if drifted:
        log.warning("The new rows differ from the champion's training data: %s", _some(drifted))
    reasons = ["no model yet"] if is_first else []
    reasons += ["asked for"] if work.cycle.record.forced else []
    reasons += [f"{rows} training rows changed"] if rows >= enough else []
    reasons += [f"drift of {_some(drifted)}"] if drifted and rows else []
    output |= {"drifted": drifted, "train": bool(reasons), "why": reasons}
    if reasons:
        return StepResult(output)
    why = (
        f"{rows} training rows changed since the last training, retrain.min_new_rows is {enough}, and there is no drift"
    )
    return StepResult(output, Outcome(decision="not needed", reasons=(why,)))


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return f"{shown} and {len(names) - SHOWN} more" if len(names) > SHOWN else shown


def _breaches(version: Version, work: CycleContext) -> list[str]:
    """Of the expectations; where a breach refuses, the preparation has already made sure that there is none."""
    from headrace.prepare.expectations import find_breaches

    before = read(version.table, version.number - 1).summary if version.number else None
    return list(find_breaches(version.summary, before, work.configuration.prepare.expectations))


def _last_trained(work: CycleContext) -> int | None:
    """The version of the table that the last challenger was trained on, whatever became of it."""
    for cycle in reversed(work.journal.cycles()):
        if cycle.number != work.cycle.number and cycle.was_judged:
            return int(cycle.output("prepare")["version"])
    return None


def _test_version(work: CycleContext, version: Version) -> int:
    """Whose test split judges; frozen when this step is done, for champion and challenger alike."""
    wanted = frozen_version(work.configuration)
    return version.number if wanted is None else read(version.table, wanted).number
