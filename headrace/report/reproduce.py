"""What the page says to whoever wants the same again: commands, versions, hashes, the configuration."""

from dataclasses import dataclass
from typing import Any

import yaml

from headrace.report.commands import WITHHELD, is_withheld, to_evaluate, to_prepare, to_report, without_secrets
from headrace.report.data import Data
from headrace.report.run_folder import RunFolder

# Packages, and how their projects write their names, in the order of the page.
NAMES = {
    "headrace": "Headrace",
    "python": "Python",
    "pyspark": "Spark",
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "horovod": "Horovod",
    "petastorm": "Petastorm",
    "pyarrow": "pyarrow",
    "deltalake": "deltalake",
    "numpy": "NumPy",
}


@dataclass(frozen=True)
class Digest:
    """A hash and what it is of."""

    of: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """Everything that decides the outcome."""

    commands: tuple[str, ...]
    versions: dict[str, str]
    digests: tuple[Digest, ...]
    configuration: str


def reproduction(folder: RunFolder, data: Data | None) -> Reproduction:
    """From what the run, the table and the bundle hold."""
    settings = folder.run.configuration.model_dump(mode="json")
    return Reproduction(
        commands=tuple(dict.fromkeys(map(without_secrets, _commands(folder)))),
        versions=_versions(folder.run.versions),
        digests=tuple(_digests(folder, data)),
        configuration=yaml.safe_dump(_public(settings), sort_keys=False, allow_unicode=True),
    )


def _commands(folder: RunFolder) -> list[str]:
    evaluations = [evaluation.command for evaluation in folder.evaluations]
    return [
        to_prepare(folder.run.command),
        folder.run.command,
        *(evaluations or [to_evaluate(folder.bundle, folder.run.table, folder.run.data_version)]),
        to_report(folder.path),
    ]


def _versions(versions: dict[str, str]) -> dict[str, str]:
    lower = {name.lower().removesuffix("-cpu"): name for name in versions}
    known = {NAMES[name]: versions[lower[name]] for name in NAMES if name in lower}
    return known | {name: versions[name] for key, name in sorted(lower.items()) if key not in NAMES}


def _digests(folder: RunFolder, data: Data | None) -> list[Digest]:
    digests = [Digest("model source", folder.run.model_sha256)]
    if data:
        digests.insert(
            0, Digest(f"data version {folder.run.data_version}, its records and settings", data.summary.fingerprint)
        )
    if folder.result:
        digests.append(Digest("trained weights", folder.result.weights_sha256))
    return digests + [Digest(f"bundle, {name}", value) for name, value in sorted(folder.bundle_hashes.items())]


def _public(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: WITHHELD if is_withheld(str(key), value) else _public(value) for key, value in tree.items()}
    return [_public(value) for value in tree] if isinstance(tree, list) else tree
