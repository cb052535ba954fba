"""The steps of a cycle after the gate: promote the challenger, predict with it, and conclude."""

from headrace.registry.bundle_store import champion_bundle, champion_link
from headrace.registry.promotion import ChampionChangedError
from headrace.registry.promotion import promote as promote_version
from headrace.retrain.gate.checks import AGAINST_CHAMPION, Check
from headrace.retrain.journal_records import Outcome
from headrace.retrain.steps.context import CycleContext, StepResult
from headrace.storage import locate
from headrace.storage.remove_tree import remove_tree


def promote(context: CycleContext) -> StepResult:
    """Promote the challenger if the champion is still the version that it was compared with."""
    version = int(context.output("register")["version"])
    expected_champion = context.output("validate")["champion"]
    checks = [Check(**check) for check in context.output("gate")["checks"]]
    gains = [check.received for check in checks if check.name.endswith(AGAINST_CHAMPION)]
    reasons = "; ".join([*gains, f"all {len(checks)} checks passed"])
    try:
        record = promote_version(context.registry, str(version), "promoted", reasons, expected_champion)
    except ChampionChangedError as error:
        return StepResult(
            None, Outcome(decision="abandoned", reasons=(str(error),), exit_code=error.exit_code, abandoned=True)
        )
    return StepResult(
        {"champion": record.version, "replaced": record.rollback_to, "serving": str(champion_link(context.registry))}
    )


def predict(context: CycleContext) -> StepResult:
    """Predict the rows of `retrain.predict` with the champion, if that is configured."""
    settings = context.settings.predict
    if settings is None:
        return StepResult({"skipped": True})
    from headrace.predict.job import predict as run

    output = locate(settings.output) / f"cycle-{context.cycle.number:06d}"
    # An attempt may have been killed between its completion and the step's record.
    remove_tree(output)
    return StepResult(run(champion_bundle(context.registry), locate(settings.input), output))


def conclude(context: CycleContext) -> StepResult:
    """End the cycle."""
    promoted = context.output("promote")
    replaced = promoted["replaced"]
    change = f"replaces version {replaced}" if replaced else "is the first champion"
    reason = f"version {promoted['champion']} {change}"
    outcome = Outcome(decision="promoted", reasons=(reason, *context.output("validate")["reasons"]))
    return StepResult({"champion": promoted["champion"]}, outcome)
