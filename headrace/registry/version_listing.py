"""`headrace models list`: the versions of a model as JSON or text."""

import datetime
import logging
from typing import Any

from headrace.registry.bundle_retrieval import is_stored
from headrace.registry.champion_link import champion_bundle, champion_link
from headrace.registry.promotion import finish_promotion
from headrace.registry.registry_connection import RegistryConnection, without_password
from headrace.registry.version_registration_and_lookup import champion, versions

log = logging.getLogger(__name__)


def list_versions(registry: RegistryConnection) -> dict[str, Any]:
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
