"""How to reproduce a run: commands, versions, hashes, and configuration without secrets."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from headrace.config.secret_names import is_hidden
from headrace.report.artifacts import RunArtifacts
from headrace.report.data_section import Data

WITHHELD = "(withheld)"
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


def is_withheld(key: str, value: object) -> bool:
    """Return whether the value of `key` is secret; sections such as prepare.text.tokens are not."""
    return isinstance(value, str) and is_hidden(key)


def configuration_file(training: str) -> str | None:
    """Return the configuration file named in the `training` command."""
    _, words = _split(training)
    return next((word for word in words if not _is_override(word) and not word.startswith("-")), None)


def to_prepare(training: str) -> str:
    """Return the command that prepares the data of the `training` command, with its overrides for data."""
    program, words = _split(training)
    kept = [word for word in words if _is_override(word) and word.startswith(("data.", "prepare."))]
    return shlex.join([*program, configuration_file(training) or "CONF", *kept])


def to_evaluate(bundle: Path, table: str, version: int) -> str:
    """Return the command that evaluates the bundle on the test split of its training version."""
    return shlex.join(["headrace", "evaluate", str(bundle), "--table", table, "--version", str(version)])


def to_report(run: Path) -> str:
    """Return the command that writes the page again."""
    return shlex.join(["headrace", "report", str(run)])


def without_secrets(line: str) -> str:
    """Return `line` without the values of overrides that name a secret."""
    words = _words(line)
    masked = [_masked(word) for word in words]
    return line if masked == words else shlex.join(masked)


def _split(training: str) -> tuple[list[str], list[str]]:
    """Return the words of the matching prepare command (`headrace prepare` or a job) and the remaining words."""
    words = _words(training)
    for index, word in enumerate(words):
        if word == "train" or Path(word).name == "train.py":
            return [*words[:index], re.sub(r"train(?=$|\.py$)", "prepare", word)], words[index + 1 :]
    return ["headrace", "prepare"], []


def _masked(word: str) -> str:
    key, _, _ = word.partition("=")
    return f"{key}={WITHHELD}" if _is_override(word) and is_hidden(key) else word


def _is_override(word: str) -> bool:
    return re.match(r"[\w.]+=", word) is not None


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


@dataclass(frozen=True)
class Digest:
    """A hash and a description of the hashed content."""

    of: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """Everything that determines the result."""

    commands: tuple[str, ...]
    versions: dict[str, str]
    digests: tuple[Digest, ...]
    configuration: str


def reproduction(folder: RunArtifacts, data: Data | None) -> Reproduction:
    """Return the reproduction section from run, table and bundle."""
    settings = folder.run.configuration.model_dump(mode="json")
    return Reproduction(
        commands=tuple(dict.fromkeys(map(without_secrets, _commands(folder)))),
        versions=_versions(folder.run.versions),
        digests=tuple(_digests(folder, data)),
        configuration=yaml.safe_dump(_public(settings), sort_keys=False, allow_unicode=True),
    )


def _commands(folder: RunArtifacts) -> list[str]:
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


def _digests(folder: RunArtifacts, data: Data | None) -> list[Digest]:
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
