"""The steps of a cycle that make a challenger and judge it."""

import logging
from typing import Any

from headrace.config import Configuration
from headrace.config.sections.training import FineTune
from headrace.errors import GateError
from headrace.registry.bundle_store import stored_bundle
from headrace.registry.versions import record_decision, version_named
from headrace.registry.versions import register as make_version
from headrace.retrain.gate.comparison import SPLIT
from headrace.retrain.gate.metrics import compute_metrics
from headrace.retrain.gate.predictions import Predictions, ScoredModel
from headrace.retrain.records import Outcome
from headrace.retrain.steps.context import CycleContext, StepResult
from headrace.storage import locate
from headrace.table import Version, read

log = logging.getLogger(__name__)


def train(work: CycleContext) -> StepResult:
    """Train the challenger, in the cycle's folder; killed, it goes on from its last checkpoint. Tracked once."""
    from headrace.registry.tracking.commands import train_tracked

    return StepResult(train_tracked(_challenger_configuration(work)))


def _challenger_configuration(work: CycleContext) -> Configuration:
    settings = work.configuration.train
    changes: dict[str, Any] = {
        "run": str(work.cycle.run),
        "bundle": None,
        "data_version": int(work.output("prepare")["version"]),
        "fine_tune": _begin_from(work),
    }
    return work.configuration.model_copy(update={"train": settings.model_copy(update=changes)})


def _begin_from(work: CycleContext) -> FineTune | None:
    """The champion's weights, with the layers frozen that `train.fine_tune` says; from scratch what it says itself."""
    champion, settings = work.output("validate")["champion"], work.configuration.train.fine_tune
    if champion is None or work.settings.initial_weights == "scratch":
        return settings
    donor = stored_bundle(work.registry, version_named(work.registry, str(champion)))
    return FineTune(bundle=str(donor), freeze=settings.freeze if settings else ())


def evaluate(work: CycleContext) -> StepResult:
    """Ask champion and challenger about every row of the same test split."""
    from headrace.retrain.gate.scoring import score_models

    version = _frozen(work)
    places = {"challenger": locate(work.output("train")["bundle"])}
    champion = work.output("validate")["champion"]
    if champion is not None:
        places["champion"] = stored_bundle(work.registry, version_named(work.registry, str(champion)))
    log.info("Evaluating %s on the %s split of version %s", " and ".join(places), SPLIT, version.number)
    output: dict[str, Any] = {"table": str(version.table), "version": version.number, "split": SPLIT}
    for name, found in score_models(places, version, SPLIT).items():
        found.predictions.save(work.cycle.path / f"{name}.npz")
        output |= {name: compute_metrics(version.contract.task, found), "rows": found.predictions.rows}
    return StepResult(output)


def _frozen(work: CycleContext) -> Version:
    return read(work.configuration.data.table, int(work.output("validate")["test_version"]))


def register(work: CycleContext) -> StepResult:
    """Make the challenger a version in the registry."""
    trained = work.output("train")
    cycle = f"{work.journal.folder.name}/{work.cycle.number}"
    return StepResult({"version": make_version(work.registry, trained["tracked"], locate(trained["bundle"]), cycle)})


def gate(work: CycleContext) -> StepResult:
    """Let the challenger through, or refuse it with every reason; it keeps its run and its version."""
    from headrace.retrain.gate.checks import Comparison, run_checks

    version, evaluated = _frozen(work), work.output("evaluate")
    contest = Comparison(
        task=version.contract.task,
        classes=version.contract.classes,
        champion=_kept(work, "champion") if "champion" in evaluated else None,
        challenger=_kept(work, "challenger"),
        breaches=tuple(work.output("validate")["breaches"]),
    )
    checks = run_checks(contest, work.settings.gate)
    output = {"checks": [check.model_dump() for check in checks], "passed": all(check.passed for check in checks)}
    if output["passed"]:
        return StepResult(output)
    reasons = [str(check) for check in checks if not check.passed]
    record_decision(work.registry, int(work.output("register")["version"]), "refused by the gate", reasons)
    return StepResult(
        output, Outcome(decision="refused by the gate", reasons=tuple(reasons), exit_code=GateError.exit_code)
    )


def _kept(work: CycleContext, name: str) -> ScoredModel:
    figures: dict[str, Any] = work.output("evaluate")[name]
    answers = Predictions.load(work.cycle.path / f"{name}.npz")
    return ScoredModel(predictions=answers, milliseconds=figures["milliseconds"], size_bytes=figures["size_bytes"])
