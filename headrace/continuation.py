"""Going on with what was begun, a run or a study: only with the same network and the same settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace.errors import ConfigurationError


@dataclass(frozen=True)
class Begun:
    """What is to be continued.

    Attributes:
        kind: `run` or `study`.
        path: its folder.
        setting: that names the folder, such as train.run.
    """

    kind: str
    path: Path
    setting: str

    def require_network(self, same: bool, file: str) -> None:
        """Raise `ConfigurationError` unless the network's `file` holds the `same` as at the beginning."""
        if not same:
            raise ConfigurationError(
                f"The {self.kind} {self.path} was begun with another content of {file}; "
                f"name another {self.setting}, or remove the folder to begin anew."
            )

    def require_settings(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Raise `ConfigurationError` unless the settings `after` are those of `before`; both by their dotted names."""
        changed = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
        if changed:
            told = ", ".join(f"{key} was {before.get(key)!r} and is {after.get(key)!r}" for key in changed)
            raise ConfigurationError(
                f"The {self.kind} {self.path} was begun with other settings: {told}; "
                f"set them back, name another {self.setting}, or remove the folder to begin anew."
            )
