"""The data steps of a cycle: prepare new data, and decide whether to retrain."""

import logging
from typing import Any

from headrace.bundle import TrainingData, load
from headrace.errors import DataError
from headrace.evaluate.training_overlap import training_overlap
from headrace.prepare.quality.split_warnings import unmeasured_class_warning
from headrace.registry.bundle_retrieval import stored_bundle
from headrace.registry.promotion import finish_promotion
from headrace.registry.version_registration_and_lookup import ModelRecord, champion
from headrace.retrain.gate.few_rows_warning import few_rows_warning
from headrace.retrain.gate.tested_table_version import SPLIT, outdated_rows_warning, read_test_version
from headrace.retrain.journal_records import Outcome
from headrace.retrain.replaced_table_check import find_recorded
from headrace.retrain.steps.cycle_context import CycleContext, StepResult
from headrace.retrain.steps.model_steps import initial_weights
from headrace.table import Version, read
from headrace.wording import join_names, plural, quantity

log = logging.getLogger(__name__)

MAX_NAMES = 3


def prepare(context: CycleContext) -> StepResult:
    """Append new data to the table; refused data ends the cycle until the data or the limits are fixed."""
    from headrace.prepare.job import prepare as run

    try:
        result = run(context.configuration)
    except DataError as error:
        return StepResult(None, Outcome(decision="data refused", reasons=(str(error),), exit_code=DataError.exit_code))
    return StepResult(result)


def validate(context: CycleContext) -> StepResult:
    """Compare the new version with the expectations and with the champion's training data; decide whether to train."""
    from headrace.retrain.drift.drift_detection import changed_rows

    finish_promotion(context.registry)
    current = champion(context.registry)
    version = context.version
    tested = _test_version(context, version)
    output: dict[str, Any] = {
        "version": version.number,
        "test_version": tested.number,
        "test_content_id": tested.content_id,
        "champion": current.version if current else None,
        "champion_data_version": current.data_version if current else None,
        "violations": _violations(version, context),
        "changed_rows": sum(shard.rows for shard in version.split("train")),
    }
    drifted = _drift(context, current, version, output) if current else []
    trained_on = _version_of_last_challenger(context, version)
    if trained_on is not None:
        output["changed_rows"] = changed_rows(trained_on, version).rows
    same = _champion_rows_unchanged(context, current, output) if current else ""
    if same:
        return StepResult(output, Outcome(decision="not needed", reasons=(same,)))
    result = _decide(context, output, drifted, is_first=current is None)
    if result.outcome:
        return result
    refusal = _removed_classes(version, tested) or _training_rows_in_test_split(
        context, current.version if current else None, version, tested
    )
    if refusal:
        return StepResult(None, Outcome(decision="data refused", reasons=(refusal,), exit_code=DataError.exit_code))
    return StepResult(output | {"warnings": _warn_of_test_split(context, version, tested)})


def _warn_of_test_split(context: CycleContext, version: Version, tested: Version) -> list[str]:
    """Warn before the training if the test split is too small, lacks classes or is outdated; return the warnings."""
    rows = sum(shard.rows for shard in tested.split(SPLIT))
    named = f"version {tested.number} of {tested.table}"
    found = (
        few_rows_warning(rows, context.settings.gate.confidence, named),
        _unmeasured_classes(version, tested),
        outdated_rows_warning(tested, version),
    )
    warnings = [warning for warning in found if warning]
    for warning in warnings:
        log.warning("%s", warning)
    return warnings


def _unmeasured_classes(version: Version, tested: Version) -> str:
    """Return a sentence about classes with training rows but no test row; empty without any.

    A test split of an earlier version has none of the classes that came later.
    """
    if version.contract.target.has_items:
        # Most of thousands of items have few test rows, or none.
        return ""
    counts = version.summary.class_counts | {SPLIT: tested.summary.class_counts.get(SPLIT, {})}
    warning = unmeasured_class_warning(counts, version.contract.classes)
    if warning is None:
        return ""
    return (
        f"{warning} The gate compares the models on version {tested.number}; retrain.test_version: newest has the "
        "test rows of later versions, too."
    )


def _drift(context: CycleContext, champion: ModelRecord, version: Version, output: dict[str, Any]) -> list[str]:
    """Add the distances from the champion's training data to `output`; return what has drifted, as text.

    Nothing is compared, with a warning, if the champion's version of the table is gone.
    """
    from headrace.retrain.drift.drift_detection import describe_drift, drift
    from headrace.spark.session import session

    origin = load(stored_bundle(context.registry, champion)).origin
    reference = find_recorded(str(version.table), champion.data_version, origin.content_id)
    if reference is None:
        log.warning(
            "No drift is computed: %s does not have version %s with the champion's training rows any more.",
            version.table, champion.data_version,
        )  # fmt: skip
        return []
    changes = drift(session("retrain", context.configuration.spark), reference, version, context.settings.drift)
    output["drift"] = changes.model_dump(mode="json")
    return describe_drift(changes)


def _champion_rows_unchanged(context: CycleContext, champion: ModelRecord, output: dict[str, Any]) -> str:
    """Return that the training rows are those of the champion, as after bad files were excluded; empty if they differ.

    Without `drift` in `output` the champion's rows are unknown.
    """
    changes = output.get("drift", {"new": 1, "removed": 0})
    if context.cycle.record.forced or changes["new"] or changes["removed"]:
        return ""
    return f"the training rows are those of the champion, version {champion.version}; --force trains on them again"


def _decide(context: CycleContext, output: dict[str, Any], drifted: list[str], *, is_first: bool) -> StepResult:
    """Add the decision to train or not, with its reasons."""
    rows, min_rows = output["changed_rows"], context.settings.min_new_rows
    if drifted:
        log.warning("The training rows differ from the champion's: %s", join_names(drifted, MAX_NAMES))
    reasons = ["no model yet"] if is_first else []
    reasons += ["requested with --force"] if context.cycle.record.forced else []
    reasons += [f"{rows} training rows changed"] if rows >= min_rows else []
    reasons += [f"drift: {join_names(drifted, MAX_NAMES)}"] if drifted and rows else []
    output |= {"drifted": drifted, "train": bool(reasons), "reasons": reasons}
    if reasons:
        return StepResult(output)
    reason = f"{rows} training rows changed since the last training, fewer than retrain.min_new_rows = {min_rows}"
    return StepResult(output, Outcome(decision="not needed", reasons=(f"{reason}, and there is no drift",)))


def _violations(version: Version, context: CycleContext) -> list[str]:
    """Return the violated expectations; with `on_failure: refuse`, preparation has already ruled them out."""
    from headrace.prepare.quality.expectations import find_breaches

    previous = read(version.table, version.number - 1).summary if version.number else None
    return list(find_breaches(version.summary, previous, context.configuration.prepare.expectations))


def _version_of_last_challenger(context: CycleContext, version: Version) -> Version | None:
    """Return the table version that the last evaluated challenger was trained on; None if it no longer exists."""
    for cycle in reversed(context.journal.cycles()):
        if cycle.number != context.cycle.number and cycle.was_evaluated:
            prepared = cycle.output("prepare")
            return find_recorded(str(version.table), int(prepared["version"]), prepared.get("content_id", ""))
    return None


def _test_version(context: CycleContext, version: Version) -> Version:
    """Return the version whose test split is used for both models; it is fixed for the cycle once this step is done.

    Raises:
        DataError: the version has no test split.
    """
    tested = read_test_version(context.configuration, version)
    # Without a test split the gate could not compare models: report it before the training.
    tested.split(SPLIT)
    return tested


def _removed_classes(version: Version, tested: Version) -> str:
    """Return why the test split cannot judge the challenger: it has rows of classes that the newest version lacks.

    A challenger, which does not know them, would get all of these rows wrong; empty if there are none.
    """
    counts = tested.summary.class_counts.get(SPLIT, {})
    known = frozenset(version.contract.classes)
    removed = {name: rows for name, rows in counts.items() if rows and name not in known}
    if not version.contract.target.has_classes or not removed:
        return ""
    rows = quantity(sum(removed.values()), "row")
    return (
        f"The test split that judges the challenger (version {tested.number} of {tested.table}) has {rows} of "
        f"{plural(version.contract.target.class_noun)} "
        f"that version {version.number} does not have: {join_names(list(removed))}. A model of that version gets all "
        "of them wrong. Set retrain.test_version to newest"
    )


def _training_rows_in_test_split(context: CycleContext, champion: int | None, version: Version, tested: Version) -> str:
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
    pretrained = initial_weights(context, champion)
    trained_on += load(pretrained.bundle).origin.trained_on if pretrained else ()
    overlap = training_overlap(trained_on, tested, SPLIT)
    if not overlap.rows:
        return ""
    return (
        f"the challenger would be trained on rows of the test split that evaluates it (version {tested.number} of "
        f"{tested.table}): {overlap}. Restore the settings and files that these rows' splits follow from; or set "
        "retrain.test_version to newest, with retrain.initial_weights: scratch if the champion was trained on rows of "
        "that split too"
    )
