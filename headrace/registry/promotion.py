"""Making a version the champion, step by step. The alias is what counts; the link that serves follows it.

Killed between any two steps, the champion is the old one or the new one: before `_name_champion` nobody sees a
difference, after it `finish_promotion` finishes what is left, which is the first thing that the next command does.
In a bucket
every step is kept when it is done, on condition that nobody else has changed the registry since: of two who name a
champion at the same time, one does.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from headrace import provenance
from headrace.errors import ConfigurationError, HeadraceError
from headrace.registry.bundle_store import linked_bundle, point_champion, stored_bundle
from headrace.registry.store import CHALLENGER, CHAMPION, Registry, registry_error
from headrace.registry.versions import (
    DECISION,
    PROMOTED,
    REASONS,
    REPLACED,
    ModelRecord,
    champion,
    record_decision,
    tag,
    version_named,
)

ROLLED_BACK = "promoted by rollback"

log = logging.getLogger(__name__)


class ChampionChangedError(HeadraceError):
    """A decision was made against a champion that is none any more."""


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What is to become champion, instead of what, and why.

    Attributes:
        replaced: the version that a later rollback returns to; kept as it is where None.
    """

    record: ModelRecord
    replaced: int | None
    decision: str
    reasons: str


def _bring_bundle(registry: Registry, promotion: Promotion) -> None:
    stored_bundle(registry, promotion.record)


def _note_decision(registry: Registry, promotion: Promotion) -> None:
    notes = {DECISION: promotion.decision, REASONS: promotion.reasons, PROMOTED: provenance.utc_now()}
    if promotion.replaced is not None:
        notes[REPLACED] = str(promotion.replaced)
    tag(registry, promotion.record.version, notes)


def _name_champion(registry: Registry, promotion: Promotion) -> None:
    registry.client.set_registered_model_alias(registry.name, CHAMPION, str(promotion.record.version))


def _unname_challenger(registry: Registry, promotion: Promotion) -> None:
    if CHALLENGER in version_named(registry, str(promotion.record.version)).aliases:
        registry.client.delete_registered_model_alias(registry.name, CHALLENGER)


def _serve(registry: Registry, promotion: Promotion) -> None:
    point_champion(registry, stored_bundle(registry, promotion.record))


STEPS: tuple[Callable[[Registry, Promotion], None], ...] = (
    _bring_bundle,
    _note_decision,
    _name_champion,
    _unname_challenger,
    _serve,
)


def promote(registry: Registry, name: str, decision: str, reasons: str, instead_of: int | None = None) -> ModelRecord:
    """Make the version with this number or alias the champion; one that is champion already stays it.

    Args:
        instead_of: the champion that the decision was made against; any if not given.

    Raises:
        ConfigurationError: there is no such version.
        ChampionChangedError: the champion is another one by now.
        RegistryChangedError: another process has changed a registry in a bucket meanwhile.
        DataError: its bundle is missing or damaged.
    """
    with registry.transaction.hold(f"promote {name}"):
        finish_promotion(registry)
        record, now = version_named(registry, name), champion(registry)
        if now is not None and now.version == record.version:
            return now
        if instead_of is not None and (now is None or now.version != instead_of):
            raise ChampionChangedError(
                f"The champion of {registry.name} is version {now.version if now else 'none'} by now, the decision for "
                f"version {record.version} was made against version {instead_of}; retrain again, or promote by hand."
            )
        replaced = now.version if now else None
        return _take_steps(registry, Promotion(record=record, replaced=replaced, decision=decision, reasons=reasons))


def rollback(registry: Registry) -> ModelRecord:
    """Make the version champion that the champion has replaced.

    Raises:
        ConfigurationError: there is no champion, or it was the first.
        RegistryChangedError: another process has changed a registry in a bucket meanwhile.
        DataError: the bundle of the one before is missing or damaged.
    """
    with registry.transaction.hold("rollback"):
        was_cut_off, now = finish_promotion(registry), champion(registry)
        if was_cut_off and now is not None and now.decision == ROLLED_BACK:
            return now  # asked for again because it was killed; a second one would go too far back
        if now is None or now.replaced is None:
            what = f"version {now.version}, which replaced none" if now else "none"
            raise ConfigurationError(
                f"There is nothing to roll back to: the champion of {registry.name} is {what}; "
                "`headrace models list` shows all versions, `headrace models promote` takes any."
            )
        before = version_named(registry, str(now.replaced))
        # What `before` itself had replaced stays noted, so that one can go further back.
        back = Promotion(
            record=before, replaced=None, decision=ROLLED_BACK, reasons=f"rolled back from version {now.version}"
        )
        restored = _take_steps(registry, back)
        record_decision(registry, now.version, "rolled back", [f"back to version {before.version}"])
        return restored


def finish_promotion(registry: Registry) -> bool:
    """Finish a promotion that was killed after it had named the champion; whether there was one."""
    now = champion(registry)
    if now is None or linked_bundle(registry) == now.version:
        return False
    log.warning("Version %s is champion and does not serve yet: a promotion was cut off. Finishing it.", now.version)
    with registry.transaction.hold("finish a promotion"):
        unfinished = Promotion(record=now, replaced=now.replaced, decision=now.decision, reasons=now.reasons)
        for step in STEPS[STEPS.index(_name_champion) + 1 :]:
            step(registry, unfinished)
    return True


def _take_steps(registry: Registry, promotion: Promotion) -> ModelRecord:
    from mlflow.exceptions import MlflowException

    try:
        for step in STEPS:
            step(registry, promotion)
            registry.transaction.keep()
    except MlflowException as error:
        raise registry_error(registry, error) from error
    log.info("Version %s of %s is champion", promotion.record.version, registry.name)
    return version_named(registry, str(promotion.record.version))
