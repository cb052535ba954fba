"""`headrace models`: the versions of a model, as JSON and for people; promoted and rolled back by hand."""

import datetime
from typing import Any

from headrace.registry.bundle_store import champion_bundle, champion_link
from headrace.registry.promotion import finish_promotion, promote, rollback
from headrace.registry.store import Registry, without_password
from headrace.registry.versions import ModelRecord, versions


def list_versions(registry: Registry) -> dict[str, Any]:
    """All versions, newest first, and where the champion serves: the link that stays, and the bundle it stands for.

    Raises:
        HeadraceError: the registry does not answer.
    """
    finish_promotion(registry)
    place = champion_link(registry)
    return {
        "model": registry.name,
        "registry": without_password(registry.uri),
        "serving": str(place) if place.exists() else None,
        "bundle": str(champion_bundle(registry)) if place.exists() else None,
        "versions": [record.model_dump(mode="json") for record in versions(registry)],
    }


def promote_by_hand(registry: Registry, name: str) -> dict[str, Any]:
    """Make a version champion because a person says so, whatever a gate has said.

    Raises:
        ConfigurationError: there is no such version.
        DataError: its bundle is missing or damaged.
    """
    return _champion(registry, promote(registry, name, "promoted by hand", "asked for"))


def roll_back(registry: Registry) -> dict[str, Any]:
    """Make the version champion again that the champion has replaced.

    Raises:
        ConfigurationError: it has replaced none.
        DataError: the bundle of the one before is missing or damaged.
    """
    return _champion(registry, rollback(registry))


def _champion(registry: Registry, record: ModelRecord) -> dict[str, Any]:
    return {
        "model": registry.name,
        "champion": record.version,
        "replaced": record.replaced,
        "weights_sha256": record.weights_sha256,
        "serving": str(champion_link(registry)),
    }


def as_text(answer: dict[str, Any]) -> str:
    """For people: a line for each version."""
    lines = [f"{answer['model']} in {answer['registry']}"]
    for one in answer["versions"]:
        created = datetime.datetime.fromtimestamp(one["created"] / 1000, datetime.UTC)
        aliases = f" [{', '.join(one['aliases'])}]" if one["aliases"] else ""
        lines.append(
            f"{one['version']:>4}{aliases}  {created:%Y-%m-%d %H:%M} UTC  data version {one['data_version']}  "
            f"{one['decision'] or 'not decided'}" + (f": {one['reasons']}" if one["reasons"] else "")
        )
    return "\n".join(lines if answer["versions"] else [*lines, "  no version yet; `headrace retrain` makes one"])
