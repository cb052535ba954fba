"""Check that a run or a study resumes with the same network, the same settings and the same rows in every step."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace.config import Configuration
from headrace.config.sections.training import Train
from headrace.errors import ConfigurationError
from headrace.runs.checkpoint_io import newest_step
from headrace.runs.run_folder import RunFolder
from headrace.runs.run_record import RunRecord
from headrace.runs.settings_differences import flatten
from headrace.table import Version, read
from headrace.table.transaction_log import newest_number
from headrace.wording import quantity

log = logging.getLogger(__name__)

# May change when a run resumes, because they do not affect the trained weights. Each checkpoint averages the moving
# statistics of a batch normalisation over ranks, which changes no more than how their mean is rounded.
CHANGEABLE_KEYS = {
    "run", "bundle", "resources", "checkpoint_every_steps", "log_every_steps", "keep_checkpoints", "max_restarts",
    "stall_timeout_seconds",
}  # fmt: skip
# May grow, and the run then continues; may shrink to the epochs that are trained or begun.
LENGTH_KEYS = {"epochs"}
# May change together, provided that the steps stay the same.
COUPLED_KEYS = {"ranks", "batch_size"}


@dataclass(frozen=True)
class ResumeChecks:
    """The run or study that resumes, and the checks it must pass.

    Attributes:
        kind: `run` or `study`.
        path: directory of the run or study.
        setting: configuration key that names the directory, such as train.run.
    """

    kind: str
    path: Path
    setting: str

    @property
    def start_over(self) -> str:
        """Return how to start over: only `headrace train` has an option for it."""
        return "start over with --restart" if self.kind == "run" else "remove this one to start over"

    def require_network(self, same: bool, file: str) -> None:
        """Raise `ConfigurationError` unless the content of the network's `file` is the `same` as at the start."""
        if not same:
            raise ConfigurationError(
                f"The {self.kind} {self.path} was started with another content of {file}; "
                f"set {self.setting} to another directory, or {self.start_over}."
            )

    def require_settings(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Raise `ConfigurationError` unless the settings `after` equal `before`; keys are dotted names."""
        changed = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
        if changed:
            differences = ", ".join(
                difference for key in changed for difference in _describe_change(key, before.get(key), after.get(key))
            )
            raise ConfigurationError(
                f"The {self.kind} {self.path} was started with other settings: {differences}; "
                f"restore them, set {self.setting} to another directory, or {self.start_over}."
            )

    def require_table(self, version: Version, table_id: str, content_id: str) -> None:
        """Raise unless `version` is one of the table that the start read; warn if it is not the newest.

        Raises:
            ConfigurationError: it is another table, one that was prepared again at the same path, or a copy of the
                table whose version of this number has other shards.
        """
        if version.table_id != table_id:
            raise ConfigurationError(
                f"The {self.kind} {self.path} was started with another table than {version.table} is now (identifier "
                f"{table_id}, now {version.table_id}); restore data.table, set {self.setting} to another directory, or "
                f"{self.start_over}."
            )
        if content_id and version.content_id != content_id:
            raise ConfigurationError(
                f"The {self.kind} {self.path} was started with version {version.number} of a copy of {version.table}, "
                f"and both were prepared since: the versions hold other rows. Restore data.table, set {self.setting} "
                f"to another directory, or {self.start_over}."
            )
        newest = newest_number(version.table) or 0
        if newest > version.number:
            log.warning(
                "The %s %s reads version %s of %s, whose newest is version %s; to train on that, set %s to another "
                "directory.", self.kind, self.path, version.number, version.table, newest, self.setting,
            )  # fmt: skip


def require_resumable(path: Path, record: RunRecord, configuration: Configuration, model_hash: str) -> Version:
    """Return the version of the table that the run in `path` reads, if it can resume with these settings.

    Args:
        model_hash: hash of the network's file.

    Raises:
        ConfigurationError: the network, the table or a setting has changed, `train.epochs` is less than the run has
            trained, or the global batch or lanes do not fit the ranks.
        DataError: `data.table` has no such version.
    """
    run = ResumeChecks("run", path, "train.run")
    run.require_network(model_hash == record.model_sha256, configuration.model.file)
    before, after = _fixed(record.configuration), _fixed(configuration)
    if configuration.train.data_version == record.data_version:
        # The version that the run reads, by number: what the report's commands name.
        after["train.data_version"] = before["train.data_version"]
    run.require_settings(before, after)
    _require_trained_epochs(path, record, configuration.train.epochs)
    _require_same_steps(path, record, configuration.train)
    version = read(configuration.data.table, record.data_version)
    run.require_table(version, record.table_id, record.content_id)
    return version


def _fixed(configuration: Configuration) -> dict[str, Any]:
    """Return the settings that must not change when a run resumes, by dotted name."""
    tree = configuration.model_dump(mode="json")
    training = {
        f"train.{key}": value
        for key, value in tree["train"].items()
        if key not in CHANGEABLE_KEYS | COUPLED_KEYS | LENGTH_KEYS
    }
    streaming = {f"stream.{key}": value for key, value in tree["stream"].items() if not key.startswith("cache")}
    return training | streaming | {"model.options": tree["model"]["options"]}


def _describe_change(key: str, before: object, after: object) -> list[str]:
    """Return how the setting changed; of a section, only the keys in it that changed."""
    flat_before, flat_after = flatten({key: before}), flatten({key: after})
    changed = [
        key for key in sorted(flat_before.keys() | flat_after.keys()) if flat_before.get(key) != flat_after.get(key)
    ]
    if not changed:
        return [f"{key} was {_shown(before)} and is {_shown(after)}"]
    return [f"{key} was {_shown(flat_before.get(key))} and is {_shown(flat_after.get(key))}" for key in changed]


def _shown(value: object) -> str:
    return "not set" if value is None else repr(value)


def _require_trained_epochs(path: Path, record: RunRecord, epochs: int) -> None:
    """Raise unless `epochs` cover the steps of the newest checkpoint."""
    if epochs >= record.epochs:
        return
    step = newest_step(RunFolder(path).checkpoints)
    trained, begun = divmod(step, record.steps_per_epoch)
    if step > epochs * record.steps_per_epoch:
        part = f" and {begun} of the {quantity(record.steps_per_epoch, 'step')} of the next" if begun else ""
        raise ConfigurationError(
            f"The run {path} has trained {quantity(trained, 'epoch')}{part}, which cannot be taken back; train.epochs "
            f"can be {trained + bool(begun)} or more, and is {epochs}. Set train.run to another directory, or start "
            "over with --restart."
        )


def _require_same_steps(path: Path, record: RunRecord, settings: Train) -> None:
    if settings.ranks * settings.batch_size == record.global_batch and record.lanes % settings.ranks == 0:
        return
    possible = [count for count in range(1, record.lanes + 1) if record.lanes % count == 0]
    pairs = ", ".join(f"{count} x {record.global_batch // count}" for count in possible)
    raise ConfigurationError(
        f"The run {path} was started with {quantity(record.global_batch, 'row')} per step, and "
        f"train.ranks x train.batch_size is now {settings.ranks} x {settings.batch_size}; "
        f"use one of {pairs}, or set train.run to another directory."
    )
