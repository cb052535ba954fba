"""`headrace models`: list the versions of a model as JSON or text, promote a version, roll back."""

import datetime
import logging
from typing import Any, NamedTuple

from headrace.contract import Contract
from headrace.contract_match import interface_changes
from headrace.registry.bundle_store import (
    champion_bundle,
    champion_link,
    is_stored,
    linked_bundle,
    load_intact,
)
from headrace.registry.model_registry import ModelRegistry, without_password
from headrace.registry.promotion import finish_promotion, promote, rollback
from headrace.registry.versions import ModelRecord, champion, versions

log = logging.getLogger(__name__)


class Served(NamedTuple):
    """What clients of the champion get.

    Attributes:
        version: None if no version is served.
        contract: contract of the served bundle; None if there is none, or it is damaged.
    """

    version: int | None
    contract: Contract | None


def list_versions(registry: ModelRegistry) -> dict[str, Any]:
    """Return all versions, newest first, with the champion's fixed link and the bundle that it points to.

    A warning says if that bundle is missing or damaged, and how to restore it.

    Raises:
        HeadraceError: the registry does not respond.
    """
    finish_promotion(registry)
    link, current = champion_link(registry), champion(registry)
    intact = current is None or is_stored(registry, current)
    if current is not None and not intact:
        log.warning(
            "The bundle of the champion, version %s of %s, is missing or damaged in %s. Restore it with `headrace "
            "models promote CONF %s`.",
            current.version, registry.name, champion_bundle(registry), current.version,
        )  # fmt: skip
    return {
        "model": registry.name,
        "registry": without_password(registry.uri),
        "serving": str(link) if link.exists() else None,
        "intact": intact if current else None,
        "bundle": str(champion_bundle(registry)) if link.exists() else None,
        "versions": [record.model_dump(mode="json") for record in versions(registry)],
    }


def promote_by_hand(registry: ModelRegistry, name: str) -> dict[str, Any]:
    """Make a version the champion on a user's request, whatever the gate has decided.

    A warning says what clients of the champion must know, such as other classes.

    Raises:
        ConfigurationError: the version does not exist.
        DataError: the bundle of the version is missing or damaged.
    """
    before = _served(registry)
    return _summarize(registry, promote(registry, name, "promoted by hand", "requested by the user"), before)


def roll_back(registry: ModelRegistry) -> dict[str, Any]:
    """Make the version that the champion replaced the champion again; warn as in a promotion by hand.

    Raises:
        ConfigurationError: the champion replaced no version.
        DataError: the bundle of the previous champion is missing or damaged.
    """
    before = _served(registry)
    return _summarize(registry, rollback(registry), before)


def _served(registry: ModelRegistry) -> Served:
    bundle = load_intact(champion_bundle(registry))
    return Served(linked_bundle(registry), bundle.contract if bundle else None)


def _summarize(registry: ModelRegistry, record: ModelRecord, before: Served) -> dict[str, Any]:
    now = _served(registry)
    changes = interface_changes(before.contract, now.contract) if before.contract and now.contract else []
    if before.version not in (None, record.version) and before.contract is None:
        log.warning(
            "The bundle of the last champion, version %s of %s, is missing or damaged: whether version %s differs from "
            "it is not known.",
            before.version, registry.name, record.version,
        )  # fmt: skip
    for change in changes:
        log.warning("Version %s of %s differs from the last champion. %s", record.version, registry.name, change)
    return {
        "model": registry.name,
        "champion": record.version,
        "replaced": before.version if before.version != record.version else None,
        "rollback_to": record.rollback_to,
        "weights_sha256": record.weights_sha256,
        "serving": str(champion_link(registry)),
        "changes": changes,
    }


def as_text(listing: dict[str, Any]) -> str:
    """Format the result of `list_versions` as text, one line per version."""
    lines = [f"{listing['model']} in {listing['registry']}"]
    for version in listing["versions"]:
        created = datetime.datetime.fromtimestamp(version["created"] / 1000, datetime.UTC)
        aliases = f" [{', '.join(version['aliases'])}]" if version["aliases"] else ""
        lines.append(
            f"{version['version']:>4}{aliases}  {created:%Y-%m-%d %H:%M} UTC  "
            f"data version {version['data_version']}  {version['decision'] or 'no decision'}"
            + (f": {version['reasons']}" if version["reasons"] else "")
        )
    return "\n".join(lines if listing["versions"] else [*lines, "  no version yet; run `headrace retrain`"])
