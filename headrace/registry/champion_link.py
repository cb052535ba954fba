"""Read and write the link to the champion's bundle."""

from pathlib import Path

from headrace.registry.damaged_database_checks import CHAMPION_LINK
from headrace.registry.registry_connection import RegistryConnection
from headrace.storage.folder_link import read_link, write_link


def champion_link(registry: RegistryConnection) -> Path:
    """Return the fixed path of the champion's bundle: a link, so that a promotion replaces the bundle atomically."""
    return registry.folder / CHAMPION_LINK


def champion_bundle(registry: RegistryConnection) -> Path:
    """Return the folder of the currently served bundle."""
    return read_link(champion_link(registry)) or champion_link(registry)


def point_champion(registry: RegistryConnection, bundle: Path) -> None:
    """Point the champion link at `bundle`; a reader finds either the previous bundle or this one, complete."""
    write_link(champion_link(registry), bundle)


def linked_version(registry: RegistryConnection) -> int | None:
    """Return the version that the champion link points to; None if there is no link."""
    path = read_link(champion_link(registry))
    return int(path.name) if path and path.name.isdecimal() else None
