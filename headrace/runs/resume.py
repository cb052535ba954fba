"""Resuming a run or a study: only with the same network, settings, and rows in every step."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace.config import Configuration
from headrace.config.sections.training import Train
from headrace.errors import ConfigurationError
from headrace.runs.record import RunRecord

# May differ between a run's beginning and its continuation: they change nothing that was trained.
FREE_TO_CHANGE = {
    "run", "bundle", "resources", "log_every_steps", "keep_checkpoints", "max_restarts", "stall_timeout_seconds",
}  # fmt: skip
# May differ together: what they must give is the same steps.
SHARING = {"ranks", "batch_size"}


@dataclass(frozen=True)
class ResumeGuard:
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


def require_resumable(path: Path, record: RunRecord, configuration: Configuration, model_hash: str) -> None:
    """Raise unless the run in `path` can go on with `configuration` and the network of this hash.

    Raises:
        ConfigurationError: the network or a setting is another one, or the ranks would share out other steps.
    """
    run = ResumeGuard("run", path, "train.run")
    run.require_network(model_hash == record.model_sha256, configuration.model.file)
    run.require_settings(_fixed(record.configuration), _fixed(configuration))
    _require_same_steps(path, record, configuration.train)


def _fixed(configuration: Configuration) -> dict[str, Any]:
    """The settings that a run keeps from its beginning to its end."""
    tree = configuration.model_dump(mode="json")
    training = {f"train.{key}": value for key, value in tree["train"].items() if key not in FREE_TO_CHANGE | SHARING}
    streaming = {f"stream.{key}": value for key, value in tree["stream"].items() if not key.startswith("cache")}
    return training | streaming | {"model.options": tree["model"]["options"]}


def _require_same_steps(path: Path, record: RunRecord, settings: Train) -> None:
    if settings.ranks * settings.batch_size == record.global_batch and record.lanes % settings.ranks == 0:
        return
    possible = [count for count in range(1, record.lanes + 1) if record.lanes % count == 0]
    pairs = ", ".join(f"{count} x {record.global_batch // count}" for count in possible)
    raise ConfigurationError(
        f"The run {path} was begun with {record.global_batch} rows a step, and train.ranks x train.batch_size is now "
        f"{settings.ranks} x {settings.batch_size}; it can go on with {pairs}, or name another train.run."
    )
