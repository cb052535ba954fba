"""Flatten the settings of runs, and find those that differ."""

from collections.abc import Mapping
from typing import Any

from headrace.config.secrets_and_environment_variables import withhold_secrets
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


def _with_mappings(key: str, values: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the values of a setting that is a mapping in some runs only; removes the keys of the mapping.

    It is one setting, such as train.loss.class_weights: none, or a weight by class.
    """
    merged = values[key]
    for inner in [one for one in values if one.startswith(f"{key}.")]:
        for run, value in values.pop(inner).items():
            if value is not None:
                mapping = merged[run] if isinstance(merged[run], dict) else {}
                merged = merged | {run: mapping | {inner[len(key) + 1 :]: value}}
    return merged


def differing(settings: Mapping[str, Settings]) -> dict[str, dict[str, Any]]:
    """Return the values by run of each key whose values are not all equal; None where a run lacks the key.

    Args:
        settings: settings by run.
    """
    keys = dict.fromkeys(key for one in settings.values() for key in one)
    values = {key: {run: one.get(key) for run, one in settings.items()} for key in keys}
    for key in [key for key in keys if any(other.startswith(f"{key}.") for other in keys)]:
        values[key] = _with_mappings(key, values)
    # 1 and True are equal in Python, and are other settings in YAML.
    return {key: by_run for key, by_run in values.items() if len({repr(value) for value in by_run.values()}) > 1}
