"""The model steps of a cycle: train, evaluate and register the challenger, and run the gate."""

import logging
from typing import Any

from headrace.compare.row_predictions import Predictions
from headrace.config import Configuration
from headrace.config.sections.training import FineTune
from headrace.errors import GateError
from headrace.evaluate.training_overlap import warn_of_overlap
from headrace.registry.bundle_retrieval import stored_bundle
from headrace.registry.version_registration_and_lookup import record_decision, version_named
from headrace.registry.version_registration_and_lookup import register as register_version
from headrace.retrain.gate.model_predictions_latency_and_size import ScoredModel, compute_metrics
from headrace.retrain.gate.tested_table_version import SPLIT, bundle_overlap
from headrace.retrain.journal_records import Outcome
from headrace.retrain.replaced_table_check import read_recorded
from headrace.retrain.steps.cycle_context import CycleContext, StepResult
from headrace.storage import locate
from headrace.table import Version

log = logging.getLogger(__name__)


def train(context: CycleContext) -> StepResult:
    """Train the challenger in the cycle's folder, or resume it from its last checkpoint; track the run once."""
    from headrace.registry.tracking.train_and_tune_tracked import train_tracked

    return StepResult(train_tracked(_challenger_configuration(context)))


def _challenger_configuration(context: CycleContext) -> Configuration:
    settings = context.configuration.train
    changes: dict[str, Any] = {
        "run": str(context.cycle.run),
        "bundle": None,
        "data_version": int(context.output("prepare")["version"]),
        "fine_tune": initial_weights(context, context.output("validate")["champion"]),
    }
    return context.configuration.model_copy(update={"train": settings.model_copy(update=changes)})


def initial_weights(context: CycleContext, champion: int | None) -> FineTune | None:
    """Return the champion's weights with the frozen layers of `train.fine_tune`, or from scratch `train.fine_tune`."""
    settings = context.configuration.train.fine_tune
    if champion is None or context.settings.initial_weights == "scratch":
        return settings
    pretrained = stored_bundle(context.registry, version_named(context.registry, str(champion)))
    return FineTune(bundle=str(pretrained), freeze=settings.freeze if settings else ())


def evaluate(context: CycleContext) -> StepResult:
    """Compute the predictions of champion and challenger for every row of the same test split."""
    from headrace.retrain.gate.model_predictions_latency_and_size import score_models

    version = _test_version(context)
    bundles = {"challenger": locate(context.output("train")["bundle"])}
    champion = context.output("validate")["champion"]
    if champion is not None:
        bundles["champion"] = stored_bundle(context.registry, version_named(context.registry, str(champion)))
    log.info("Evaluating %s on the %s split of version %s", " and ".join(bundles), SPLIT, version.number)
    output: dict[str, Any] = {"table": str(version.table), "version": version.number, "split": SPLIT}
    for name, model in score_models(bundles, version, SPLIT).items():
        model.predictions.save(context.cycle.path / f"{name}.npz")
        output |= {name: compute_metrics(version.contract.task, model), "rows": model.predictions.rows}
    if champion is not None:
        # It biases the comparison against the challenger, so that nothing worse is promoted.
        warn_of_overlap(bundle_overlap(bundles["champion"], version), "The champion", SPLIT)
    return StepResult(output)


def _test_version(context: CycleContext) -> Version:
    validated, table = context.output("validate"), context.configuration.data.table
    hint = f"that cycle {context.cycle.number} tests on; restore it, or remove {context.cycle.path} to start again"
    return read_recorded(table, int(validated["test_version"]), validated.get("test_content_id", ""), hint)


def register(context: CycleContext) -> StepResult:
    """Register the challenger as a version of the model."""
    trained = context.output("train")
    cycle = f"{context.journal.folder.name}/{context.cycle.number}"
    return StepResult(
        {"version": register_version(context.registry, trained["tracked"], locate(trained["bundle"]), cycle)}
    )


def gate(context: CycleContext) -> StepResult:
    """Run the checks; a refused challenger keeps its run and its version, and every failed check is a reason."""
    from headrace.retrain.gate.promotion_checks import Comparison, run_checks

    version, evaluated = _test_version(context), context.output("evaluate")
    comparison = Comparison(
        task=version.contract.task,
        classes=version.contract.classes,
        champion=_load_scored(context, "champion") if "champion" in evaluated else None,
        challenger=_load_scored(context, "challenger"),
        violations=tuple(context.output("validate")["violations"]),
        overlaps={"the challenger": bundle_overlap(locate(context.output("train")["bundle"]), version)},
        training_rows=version.summary.training_rows,
    )
    checks = run_checks(comparison, context.settings.gate)
    output = {"checks": [check.model_dump() for check in checks], "passed": all(check.passed for check in checks)}
    if output["passed"]:
        return StepResult(output)
    reasons = [str(check) for check in checks if not check.passed]
    record_decision(context.registry, int(context.output("register")["version"]), "refused by the gate", reasons)
    return StepResult(
        output, Outcome(decision="refused by the gate", reasons=tuple(reasons), exit_code=GateError.exit_code)
    )


def _load_scored(context: CycleContext, name: str) -> ScoredModel:
    costs: dict[str, Any] = context.output("evaluate")[name]
    predictions = Predictions.load(context.cycle.path / f"{name}.npz")
    return ScoredModel(predictions=predictions, milliseconds=costs["milliseconds"], size_bytes=costs["size_bytes"])
