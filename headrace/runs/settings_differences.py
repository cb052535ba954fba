"""Flatten the settings of runs, and find those that differ."""

from collections.abc import Mapping
from typing import Any

from headrace.config.secret_names import withhold_secrets
from headrace.runs.run_record import RunRecord

# Every run has its own.
NAMES_OF_THE_RUN = {"train.run", "train.bundle"}
Settings = Mapping[str, Any]


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return each value by its dotted key, such as train.optimizer.learning_rate; a list is one value."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat


def run_settings(record: RunRecord) -> dict[str, Any]:
    """Return the settings of a run by dotted key, secrets withheld, and the hash of its network as model.sha256."""
    settings = flatten(withhold_secrets(record.configuration.model_dump(mode="json")))
    kept = {key: value for key, value in settings.items() if key not in NAMES_OF_THE_RUN}
    return kept | {"model.sha256": record.model_sha256[:12]}


def differing(settings: Mapping[str, Settings]) -> dict[str, dict[str, Any]]:
    """Return the values by run of each key whose values are not all equal; None where a run lacks the key.

    Args:
        settings: settings by run.
    """
    keys = dict.fromkeys(key for one in settings.values() for key in one)
    values = {key: {run: one.get(key) for run, one in settings.items()} for key in keys}
    # 1 and True are equal in Python, and are other settings in YAML.
    return {key: by_run for key, by_run in values.items() if len({repr(value) for value in by_run.values()}) > 1}
