"""`headrace models repair`: rebuild the registry's database from its bundles and from the journal of retraining."""

from dataclasses import replace
from typing import Any

from headrace.bundle import Bundle
from headrace.config import Configuration
from headrace.registry.bundle_retrieval import load_intact
from headrace.registry.damaged_database_checks import RESTORE, RegistryDamagedError
from headrace.registry.database_rebuild import StoredVersion, rebuild, stored_bundles
from headrace.registry.registry_connection import RegistryConnection, open_registry, without_password
from headrace.registry.version_registration_and_lookup import DECISION, PROMOTED, REASONS, ROLLBACK_TO, versions
from headrace.retrain.journal import Cycle, Journal
from headrace.storage import locate


def repair(configuration: Configuration) -> dict[str, Any]:
    """Rebuild the database of the registry; do nothing to one that knows every version.

    Returns:
        The versions that were registered again, the numbers without a bundle, and the champion.

    Raises:
        ConfigurationError: the configuration has no section `registry`.
        DataError: no bundle is left, a server holds the registry, or its database knows other versions.
    """
    registry = replace(open_registry(configuration), verify=False)
    cycles = Journal(locate(configuration.retrain.folder).absolute()).cycles() if configuration.retrain else []
    registered = {number: cycle for cycle in cycles if (number := cycle.output("register").get("version"))}
    bundles = stored_bundles(registry)
    numbers = sorted(bundles.keys() | registered.keys())
    found = [_find(number, bundles.get(number), registered.get(number)) for number in numbers]
    return rebuild(registry, [version for version in found if version], _last_promoted(cycles))


def _find(number: int, bundle: Bundle | None, cycle: Cycle | None) -> StoredVersion | None:
    """Return what is left of a version: its bundle in the registry's folder, or in the run of its cycle."""
    trained = load_intact(locate(cycle.output("train")["bundle"])) if cycle else None
    if bundle and trained and bundle.origin.weights_sha256 != trained.origin.weights_sha256:
        cycle = None  # a cycle of another registry
    bundle = bundle or trained
    if bundle is None:
        return None
    if cycle is None:
        return StoredVersion(number=number, bundle=bundle)
    name = f"{cycle.path.parent.parent.name}/{cycle.number}"
    return StoredVersion(number=number, bundle=bundle, run=cycle.run, cycle=name, tags=_tags(cycle))


def _tags(cycle: Cycle) -> dict[str, str]:
    """Return the decision about the version of a cycle as tags of the version."""
    outcome, promoted = cycle.outcome, cycle.output("promote")
    if outcome is None:
        return {}
    tags = {DECISION: outcome.decision, REASONS: "; ".join(outcome.reasons)[:4000]}
    if promoted:
        tags[PROMOTED] = outcome.finished
    if promoted.get("replaced"):
        tags[ROLLBACK_TO] = str(promoted["replaced"])
    return tags


def _last_promoted(cycles: list[Cycle]) -> int | None:
    return next((number for cycle in reversed(cycles) if (number := cycle.output("promote").get("champion"))), None)


def require_known_promotions(registry: RegistryConnection, journal: Journal) -> None:
    """Raise if the registry does not know a version that a cycle has promoted.

    Raises:
        RegistryDamagedError: it does not know one.
        HeadraceError: the registry does not respond.
    """
    promoted = {
        int(cycle.output("promote")["champion"]): cycle for cycle in journal.cycles() if cycle.output("promote")
    }
    lost = sorted(promoted.keys() - {record.version for record in versions(registry)}) if promoted else []
    if lost:
        raise RegistryDamagedError(
            f"The registry at {without_password(registry.uri)} does not know version {lost[0]} of {registry.name}, "
            f"which cycle {promoted[lost[0]].number} of {journal.folder} promoted; {RESTORE}. With another registry, "
            "name another retrain.folder too."
        )
