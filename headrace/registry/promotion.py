"""Promotion of a version to champion, step by step. The alias decides; the link to the served bundle follows it.

If the process is killed between two steps, the champion is either the old version or the new one: before
`_set_champion_alias` nothing is visible, and after it `finish_promotion`, which the next command runs first, completes
the remaining steps. In a bucket, each step is committed with a conditional put: exactly one of two concurrent
promotions succeeds.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from headrace.errors import ConfigurationError, HeadraceError
from headrace.processes import own_command_line_and_utc_now
from headrace.registry.bundle_retrieval import stored_bundle
from headrace.registry.champion_link import linked_version, point_champion
from headrace.registry.registry_connection import CHALLENGER, CHAMPION, RegistryConnection, registry_error
from headrace.registry.version_registration_and_lookup import (
    DECISION,
    PROMOTED,
    REASONS,
    ROLLBACK_TO,
    ModelRecord,
    champion,
    record_decision,
    tag,
    version_named,
)

ROLLED_BACK = "restored"
# Stands in the reasons of a version between those of its last decision and its first decision.
FIRST = "; first "
ANY: Final = "any"

log = logging.getLogger(__name__)


class ChampionChangedError(HeadraceError):
    """A challenger was compared with a version that is no longer the champion."""


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """A version to promote, the version that it replaces, and the decision.

    Attributes:
        rollback_to: the version that a later rollback returns to; None keeps the recorded one.
    """

    record: ModelRecord
    rollback_to: int | None
    decision: str
    reasons: str


def _download_bundle(registry: RegistryConnection, promotion: Promotion) -> None:
    stored_bundle(registry, promotion.record)


def _record_promotion(registry: RegistryConnection, promotion: Promotion) -> None:
    tags = {DECISION: promotion.decision, REASONS: promotion.reasons, PROMOTED: own_command_line_and_utc_now.utc_now()}
    if promotion.rollback_to is not None:
        tags[ROLLBACK_TO] = str(promotion.rollback_to)
    tag(registry, promotion.record.version, tags)


def _set_champion_alias(registry: RegistryConnection, promotion: Promotion) -> None:
    registry.client.set_registered_model_alias(registry.name, CHAMPION, str(promotion.record.version))


def _remove_challenger_alias(registry: RegistryConnection, promotion: Promotion) -> None:
    if CHALLENGER in version_named(registry, str(promotion.record.version)).aliases:
        registry.client.delete_registered_model_alias(registry.name, CHALLENGER)


def _link_champion(registry: RegistryConnection, promotion: Promotion) -> None:
    point_champion(registry, stored_bundle(registry, promotion.record))


STEPS: tuple[Callable[[RegistryConnection, Promotion], None], ...] = (
    _download_bundle,
    _record_promotion,
    _set_champion_alias,
    _remove_challenger_alias,
    _link_champion,
)


def promote(
    registry: RegistryConnection,
    name: str,
    decision: str,
    reasons: str,
    expected_champion: int | Literal["any"] | None = ANY,
) -> ModelRecord:
    """Make the version with this number or alias the champion; if it is already, only restore its served bundle.

    Args:
        expected_champion: the champion that the version was compared with; None if there was none to compare with.

    Raises:
        ConfigurationError: the version does not exist.
        ChampionChangedError: the champion is not `expected_champion`.
        RegistryChangedError: another process changed the registry, which is in a bucket, at the same time.
        DataError: the bundle of the version is missing or damaged.
    """
    with registry.transaction.hold(f"promote {name}"):
        finish_promotion(registry)
        record, current = version_named(registry, name), champion(registry)
        if current is not None and current.version == record.version:
            stored_bundle(registry, current)
            return current
        rollback_to = current.version if current else None
        if expected_champion not in (ANY, rollback_to):
            raise ChampionChangedError(
                f"The champion of {registry.name} is now {_name_version(rollback_to)}, "
                f"but version {record.version} was compared with {_name_version(expected_champion)}; "
                "retrain again, or promote it with `headrace models promote`."
            )
        reasons = with_first_decision(record, decision, reasons)
        promotion = Promotion(record=record, rollback_to=rollback_to, decision=decision, reasons=reasons)
        return _run_steps(registry, promotion)


def with_first_decision(record: ModelRecord, decision: str, reasons: str) -> str:
    """Return the reasons of a new decision about a version, followed by its first decision, such as the gate's."""
    _, mark, first = record.reasons.partition(FIRST)
    if not mark and record.decision in ("", decision):
        return reasons
    return reasons + FIRST + (first if mark else f"{record.decision}: {record.reasons}")


def _name_version(version: int | str | None) -> str:
    return "no version" if version is None else f"version {version}"


def rollback(registry: RegistryConnection) -> ModelRecord:
    """Make the version that the champion replaced the champion again.

    Raises:
        ConfigurationError: there is no champion, or it replaced no version.
        RegistryChangedError: another process changed the registry, which is in a bucket, at the same time.
        DataError: the bundle of the previous champion is missing or damaged.
    """
    with registry.transaction.hold("rollback"):
        was_interrupted, current = finish_promotion(registry), champion(registry)
        if was_interrupted and current is not None and current.decision == ROLLED_BACK:
            return current  # the repetition of an interrupted rollback; a second one would go back too far
        if current is None or current.rollback_to is None:
            state = f"the champion, version {current.version}, replaced no version" if current else "no champion"
            raise ConfigurationError(
                f"There is nothing to roll back to in {registry.name}: {state}. List the versions with "
                "`headrace models list` and choose one with `headrace models promote`."
            )
        previous = version_named(registry, str(current.rollback_to))
        # `previous` keeps the record of the version that it replaced, so that a further rollback is possible.
        promotion = Promotion(
            record=previous,
            rollback_to=None,
            decision=ROLLED_BACK,
            reasons=with_first_decision(previous, ROLLED_BACK, f"version {current.version} was rolled back"),
        )
        restored = _run_steps(registry, promotion)
        reasons = with_first_decision(current, "rolled back", f"version {previous.version} was restored")
        record_decision(registry, current.version, "rolled back", [reasons])
        return restored


def finish_promotion(registry: RegistryConnection) -> bool:
    """Finish a promotion that was killed after it set the champion alias; return whether there was one."""
    current = champion(registry)
    if current is None or linked_version(registry) == current.version:
        return False
    log.warning(
        "Version %s is the champion but is not served yet because its promotion was interrupted. Finishing it.",
        current.version,
    )
    with registry.transaction.hold("finish a promotion"):
        unfinished = Promotion(
            record=current, rollback_to=current.rollback_to, decision=current.decision, reasons=current.reasons
        )
        for step in STEPS[STEPS.index(_set_champion_alias) + 1 :]:
            step(registry, unfinished)
    return True


def _run_steps(registry: RegistryConnection, promotion: Promotion) -> ModelRecord:
    from mlflow.exceptions import MlflowException

    try:
        for step in STEPS:
            step(registry, promotion)
            registry.transaction.commit()
    except MlflowException as error:
        raise registry_error(registry, error) from error
    log.info("Version %s of %s is champion", promotion.record.version, registry.name)
    return version_named(registry, str(promotion.record.version))
