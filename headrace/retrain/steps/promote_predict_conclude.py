"""The steps of a cycle after the gate: promote the challenger, predict with it, and conclude."""

from collections.abc import Sequence

from headrace.errors import DataError
from headrace.registry.bundle_retrieval import stored_bundle
from headrace.registry.champion_link import champion_link
from headrace.registry.promotion import ChampionChangedError
from headrace.registry.promotion import promote as promote_version
from headrace.registry.version_registration_and_lookup import version_named
from headrace.retrain.gate.promotion_checks import AGAINST_CHAMPION, Check
from headrace.retrain.journal_records import Outcome
from headrace.retrain.steps.cycle_context import CycleContext, StepResult
from headrace.storage import locate
from headrace.storage.atomic_files_and_folders import remove_tree


def promote(context: CycleContext) -> StepResult:
    """Promote the challenger if the champion is still the version that it was compared with.

    Raises:
        DataError: the registry is another than the one in which the challenger was registered.
    """
    version = int(context.output("register")["version"])
    _require_challenger(context, version)
    expected_champion = context.output("validate")["champion"]
    checks = [Check(**check) for check in context.output("gate")["checks"]]
    reasons = promotion_reasons(checks, expected_champion)
    try:
        record = promote_version(context.registry, str(version), "promoted", reasons, expected_champion)
    except ChampionChangedError as error:
        return StepResult(
            None, Outcome(decision="abandoned", reasons=(str(error),), exit_code=error.exit_code, abandoned=True)
        )
    return StepResult(
        {"champion": record.version, "replaced": record.rollback_to, "serving": str(champion_link(context.registry))}
    )


def promotion_reasons(checks: Sequence[Check], champion: int | None) -> str:
    """Return why a challenger is promoted, whose checks have passed.

    Args:
        champion: the version that it was compared with; None if there was none.
    """
    gains = [check.received for check in checks if check.name.endswith(AGAINST_CHAMPION)]
    counts = {0: "no check was set", 1: "the check passed"}
    passed = counts.get(len(checks), f"all {len(checks)} checks passed")
    return "; ".join([*(["the first champion"] if champion is None else []), *gains, passed])


def _require_challenger(context: CycleContext, version: int) -> None:
    """Raise unless the version has the weights that this cycle trained: a number means nothing in another registry."""
    registry, weights = context.registry, context.output("train")["weights_sha256"]
    found = version_named(registry, str(version)).weights_sha256
    if found != weights:
        raise DataError(
            f"Version {version} of {registry.name} in {registry.folder} (weights {found[:12]}) is not the challenger "
            f"that cycle {context.cycle.number} trained and evaluated (weights {weights[:12]}): registry.folder, "
            "registry.model or the database was changed since. Restore it, or begin a new cycle with "
            "`headrace retrain CONF --force`."
        )


def predict(context: CycleContext) -> StepResult:
    """Predict the rows of `retrain.predict` with the version that this cycle promoted, if that is configured."""
    settings = context.settings.predict
    if settings is None:
        return StepResult({"skipped": True})
    from headrace.predict.job import predict as run

    output = locate(settings.output) / f"cycle-{context.cycle.number:06d}"
    # An attempt may have been killed between its completion and the step's record.
    remove_tree(output)
    # Another machine may have promoted its own version since.
    promoted = version_named(context.registry, str(context.output("promote")["champion"]))
    return StepResult(run(stored_bundle(context.registry, promoted), locate(settings.input), output))


def conclude(context: CycleContext) -> StepResult:
    """End the cycle."""
    promoted = context.output("promote")
    replaced = promoted["replaced"]
    change = f"replaces version {replaced}" if replaced else "is the first champion"
    reason = f"version {promoted['champion']} {change}"
    outcome = Outcome(decision="promoted", reasons=(reason, *context.output("validate")["reasons"]))
    return StepResult({"champion": promoted["champion"]}, outcome)
