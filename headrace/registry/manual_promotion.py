"""Promote or roll back a model by hand, and report what changes for its clients."""

import logging
from typing import Any, NamedTuple

from headrace.contract import Contract
from headrace.contract_comparison import interface_changes
from headrace.registry.bundle_retrieval import load_intact
from headrace.registry.champion_link import champion_bundle, champion_link, linked_version
from headrace.registry.promotion import promote, rollback
from headrace.registry.registry_connection import RegistryConnection
from headrace.registry.version_registration_and_lookup import ModelRecord

log = logging.getLogger(__name__)


class ServedModel(NamedTuple):
    """The model that clients of the champion receive.

    Attributes:
        version: None if no version is served.
        contract: contract of the served bundle; None if there is none, or it is damaged.
    """

    version: int | None
    contract: Contract | None


def promote_by_hand(registry: RegistryConnection, name: str) -> dict[str, Any]:
    """Make a version the champion on a user's request, whatever the gate has decided.

    A warning says what clients of the champion must know, such as other classes.

    Raises:
        ConfigurationError: the version does not exist.
        DataError: the bundle of the version is missing or damaged.
    """
    before = _served(registry)
    return _summarize(registry, promote(registry, name, "promoted by hand", "requested by the user"), before)


def roll_back(registry: RegistryConnection) -> dict[str, Any]:
    """Make the version that the champion replaced the champion again; warn as in a promotion by hand.

    Raises:
        ConfigurationError: the champion replaced no version.
        DataError: the bundle of the previous champion is missing or damaged.
    """
    before = _served(registry)
    return _summarize(registry, rollback(registry), before)


def _served(registry: RegistryConnection) -> ServedModel:
    bundle = load_intact(champion_bundle(registry))
    return ServedModel(linked_version(registry), bundle.contract if bundle else None)


def _summarize(registry: RegistryConnection, record: ModelRecord, before: ServedModel) -> dict[str, Any]:
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
