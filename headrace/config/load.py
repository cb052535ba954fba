"""A configuration file and `key=value` overrides -> a validated `Configuration`, or one clear sentence."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from headrace.config.sections import Configuration
from headrace.errors import ConfigurationError


def load(path: str | Path, overrides: Iterable[str] = ()) -> Configuration:
    """Read the YAML file at `path`, apply `overrides` such as `train.ranks=2`, and validate.

    Raises:
        ConfigurationError: the file is missing or is no YAML mapping, a key is unknown, a value does not fit.
    """
    tree = _read(Path(path))
    for override in overrides:
        _apply(tree, override)
    try:
        return Configuration.model_validate(tree)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: " + "; ".join(map(_sentence, error.errors()))) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        hint = "`headrace init` writes one to start from."
        raise ConfigurationError(f"The configuration {path} cannot be read ({error.strerror}). {hint}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise ConfigurationError(f"{path} must hold sections such as `data:` and `train:`, it holds {tree!r:.60}.")
    return tree


def _apply(tree: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise ConfigurationError(f"`{override}` is not an override; expected key=value, such as train.ranks=2.")
    *parents, leaf = key.split(".")
    for parent in parents:
        below = tree.setdefault(parent, {})
        if not isinstance(below, dict):
            raise ConfigurationError(f"`{override}`: {parent} holds the value {below!r} and has no keys below it.")
        tree = below
    try:
        tree[leaf] = yaml.safe_load(value)
    except yaml.YAMLError:
        raise ConfigurationError(f"`{override}`: {value!r} is not a YAML value; quote it.") from None


def _sentence(error: ErrorDetails) -> str:
    names = [part for part in error["loc"] if isinstance(part, str)]
    key = ".".join(names)
    if error["type"] == "extra_forbidden":
        return f"unknown key `{key}`{_nearest(names)}"
    if error["type"] == "missing":
        return f"`{key}` is not set and has no default; add it"
    message = error["msg"].removeprefix("Value error, ")
    return f"`{key}`: {message[0].lower()}{message[1:]}, received {error['input']!r:.80}"


def _nearest(names: list[str]) -> str:
    known = _known_keys(Configuration)
    key = ".".join(names)
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    near = near or [name for name in known if name.rsplit(".", 1)[-1] == names[-1]][:1]
    return f"; did you mean `{near[0]}`?" if near else f"; known here: {_siblings(names, known)}"


def _siblings(names: list[str], known: list[str]) -> str:
    prefix = ".".join([*names[:-1], ""]) if len(names) > 1 else ""
    return ", ".join(sorted({key.removeprefix(prefix).split(".")[0] for key in known if key.startswith(prefix)}))


def _known_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    keys = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                keys += _known_keys(kind, f"{prefix}{name}.")
    return keys
