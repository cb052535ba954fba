"""The steps of a cycle after the gate: promote, predict what is asked for."""

from headrace.registry.bundle_store import champion_bundle, champion_link
from headrace.registry.promotion import ChampionChangedError
from headrace.registry.promotion import promote as make_champion
from headrace.retrain.gate.checks import BETTER, Check
from headrace.retrain.records import Outcome
from headrace.retrain.steps.context import CycleContext, StepResult
from headrace.storage import locate
from headrace.storage.remove_tree import remove_tree


def promote(work: CycleContext) -> StepResult:
    """Make the challenger champion, if the champion is still the one that it was judged against."""
    version = int(work.output("register")["version"])
    against = work.output("validate")["champion"]
    checks = [Check(**check) for check in work.output("gate")["checks"]]
    first = [check.received for check in checks if check.name.startswith(BETTER)]
    reasons = "; ".join([*first, f"all {len(checks)} checks passed"])
    try:
        record = make_champion(work.registry, str(version), "promoted", reasons, against)
    except ChampionChangedError as error:
        return StepResult(
            None, Outcome(decision="given up", reasons=(str(error),), exit_code=error.exit_code, left=True)
        )
    return StepResult(
        {"champion": record.version, "replaced": record.replaced, "serving": str(champion_link(work.registry))}
    )


def predict(work: CycleContext) -> StepResult:
    """Let the champion answer the rows of `retrain.predict`, where that is set."""
    wanted = work.settings.predict
    if wanted is None:
        return StepResult({"asked": False})
    from headrace.predict.job import predict as run

    output = locate(wanted.output) / f"cycle-{work.cycle.number:06d}"
    # Of an attempt that was killed after it was complete and before that was noted.
    remove_tree(output)
    return StepResult(run(champion_bundle(work.registry), locate(wanted.input), output))


def conclude(work: CycleContext) -> StepResult:
    """End the cycle."""
    promoted = work.output("promote")
    replaced = promoted["replaced"]
    reason = f"version {promoted['champion']} replaces {f'version {replaced}' if replaced else 'nothing'}"
    outcome = Outcome(decision="promoted", reasons=(reason, *work.output("validate")["why"]))
    return StepResult({"champion": promoted["champion"]}, outcome)
