"""The data steps of a cycle: prepare new data, and decide whether they require a new model."""

import logging
from typing import Any

from headrace.bundle import TrainingData, load
from headrace.errors import DataError
from headrace.evaluate.training_overlap import training_overlap
from headrace.name_lists import join_names
from headrace.quantities import quantity
from headrace.registry.promotion import finish_promotion
from headrace.registry.versions import champion
from headrace.retrain.gate.comparison import SPLIT, frozen_version
from headrace.retrain.journal_records import Outcome
from headrace.retrain.steps.context import CycleContext, StepResult
from headrace.retrain.steps.model import initial_weights
from headrace.table import Version, read

log = logging.getLogger(__name__)

MAX_NAMES = 3


def prepare(context: CycleContext) -> StepResult:
    """Append new data to the table; refused data ends the cycle until the data or the limits are fixed."""
    from headrace.prepare.job import prepare as run

    try:
        return StepResult(run(context.configuration))
    except DataError as error:
        return StepResult(None, Outcome(decision="data refused", reasons=(str(error),), exit_code=DataError.exit_code))


def validate(context: CycleContext) -> StepResult:
    """Compare the new version with the expectations and with the champion's training data; decide whether to train."""
    from headrace.retrain.drift.assessment import changed_rows, drift

    finish_promotion(context.registry)
    current = champion(context.registry)
    version, trained_on = context.version, _last_trained(context)
    tested = _test_version(context, version)
    output: dict[str, Any] = {
        "version": version.number,
        "test_version": tested.number,
        "champion": current.version if current else None,
        "champion_data_version": current.data_version if current else None,
        "violations": _violations(version, context),
        "changed_rows": sum(shard.rows for shard in version.split("train")),
    }
    drifted: list[str] = []
    if current is not None:
        from headrace.spark.session import session

        reference = read(version.table, current.data_version)
        spark = session("retrain", context.configuration.spark)
        changes = drift(spark, reference, version, context.settings.drift)
        drifted = [
            f"{distance.statistic} of {distance.class_name} (PSI {distance.psi:.2f})" for distance in changes.drifted
        ]
        output["drift"] = changes.model_dump(mode="json")
    if trained_on is not None:
        output["changed_rows"] = changed_rows(read(version.table, trained_on), version).rows
    result = _decide(context, output, drifted, is_first=current is None)
    if result.outcome:
        return result
    refusal = _removed_classes(version, tested) or _seen_rows(
        context, current.version if current else None, version, tested
    )
    if refusal:
        return StepResult(None, Outcome(decision="data refused", reasons=(refusal,), exit_code=DataError.exit_code))
    return result


def _decide(context: CycleContext, output: dict[str, Any], drifted: list[str], *, is_first: bool) -> StepResult:
    """Add the decision to train or not, with its reasons."""
    rows, min_rows = output["changed_rows"], context.settings.min_new_rows
    if drifted:
        log.warning("The new rows differ from the champion's training data: %s", join_names(drifted, MAX_NAMES))
    reasons = ["no model yet"] if is_first else []
    reasons += ["requested with --force"] if context.cycle.record.forced else []
    reasons += [f"{rows} training rows changed"] if rows >= min_rows else []
    reasons += [f"drift of {join_names(drifted, MAX_NAMES)}"] if drifted and rows else []
    output |= {"drifted": drifted, "train": bool(reasons), "reasons": reasons}
    if reasons:
        return StepResult(output)
    reason = f"{rows} training rows changed since the last training, fewer than retrain.min_new_rows = {min_rows}"
    return StepResult(output, Outcome(decision="not needed", reasons=(f"{reason}, and there is no drift",)))


def _violations(version: Version, context: CycleContext) -> list[str]:
    """Return the violated expectations; with `on_failure: refuse`, preparation has already ruled them out."""
    from headrace.prepare.expectations import find_breaches

    previous = read(version.table, version.number - 1).summary if version.number else None
    return list(find_breaches(version.summary, previous, context.configuration.prepare.expectations))


def _last_trained(context: CycleContext) -> int | None:
    """Return the table version that the last evaluated challenger was trained on; None if there is none."""
    for cycle in reversed(context.journal.cycles()):
        if cycle.number != context.cycle.number and cycle.was_evaluated:
            return int(cycle.output("prepare")["version"])
    return None


def _test_version(context: CycleContext, version: Version) -> Version:
    """Return the version whose test split is used for both models; it is fixed for the cycle once this step is done.

    Raises:
        DataError: the version has no test split.
    """
    frozen = frozen_version(context.configuration)
    tested = version if frozen is None else read(version.table, frozen)
    # Without a test split the gate could not compare models: report it before the training.
    tested.split(SPLIT)
    return tested


def _removed_classes(version: Version, tested: Version) -> str:
    """Return why the test split cannot judge the challenger: it has rows of classes that the newest version lacks.

    A challenger, which does not know them, would get all of these rows wrong; empty if there are none.
    """
    counts = tested.summary.class_counts.get(SPLIT, {})
    removed = {name: rows for name, rows in counts.items() if rows and name not in version.contract.classes}
    if version.contract.task == "regression" or not removed:
        return ""
    rows = quantity(sum(removed.values()), "row")
    return (
        f"The test split that judges the challenger (version {tested.number} of {tested.table}) has {rows} of classes "
        f"that version {version.number} does not have: {join_names(list(removed))}. A model of that version gets all "
        "of them wrong. Set retrain.test_version to newest"
    )


def _seen_rows(context: CycleContext, champion: int | None, version: Version, tested: Version) -> str:
    """Return why the test split is not valid for the challenger, which would be trained on its rows; empty if it is.

    This is known before the training: the challenger learns from `version`, and its initial weights have a record.
    """
    trained_on = [
        TrainingData(
            table=str(version.table),
            table_id=version.table_id,
            version=version.number,
            content_id=version.content_id,
        )
    ]
    donor = initial_weights(context, champion)
    trained_on += load(donor.bundle).origin.trained_on if donor else ()
    overlap = training_overlap(trained_on, tested, SPLIT)
    if not overlap.rows:
        return ""
    return (
        f"the challenger would be trained on rows of the test split that evaluates it (version {tested.number} of "
        f"{tested.table}): {overlap}. Restore the settings and files that these rows' splits follow from; or set "
        "retrain.test_version to newest, with retrain.initial_weights: scratch if the champion was trained on rows of "
        "that split too"
    )
