"""Read a configuration file and `key=value` overrides into a validated `Configuration`."""

import copy
import difflib
import json
import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from headrace.config.configuration_model import Configuration
from headrace.config.sections.inputs.input_kind_list import INPUT_SECTIONS
from headrace.config.sections.source import DATAFRAME
from headrace.config.union_errors import merge_union_errors
from headrace.config.value_messages import describe_value, received_text
from headrace.errors import ConfigurationError
from headrace.storage.parse_location import read_failure

Model = TypeVar("Model", bound=BaseModel)

# What PyYAML raises on invalid text, and on tags, dates and numbers that it cannot convert.
NOT_YAML = (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError)
# Numbers that YAML 1.1 alone reads to the base 8 or 60: 010 and 1:30.
OTHER_BASE = re.compile(r"[-+]?(?:0[0-9_]+|[0-9][0-9_]*(?::[0-9.]+)+)")
# Origin of a value in a message, beside the file.
COMMAND_LINE = "command line"
# Mappings to text: their values are names and characters, which are as they are written.
TEXT_MAPPINGS = (("data", "source", "class_names"), ("data", "source", "options"))
# Names that other libraries have for a key, and that are not like it.
SYNONYMS = {
    **dict.fromkeys(("lr", "eta"), "train.optimizer.learning_rate"),
    **dict.fromkeys(("weight_decay", "wd", "momentum", "clipnorm", "use_ema"), "train.optimizer.options"),
    **dict.fromkeys(("scheduler", "lr_scheduler", "lr_schedule", "warmup"), "train.optimizer.schedule"),
    **dict.fromkeys(("bs", "batch", "minibatch"), "train.batch_size"),
    **dict.fromkeys(("workers", "num_workers", "processes", "world_size"), "train.ranks"),
    **dict.fromkeys(("num_epochs", "n_epochs", "max_epochs", "num_train_epochs"), "train.epochs"),
    **dict.fromkeys(("early_stopping", "early_stop"), "train.monitor.patience"),
    **dict.fromkeys(("network", "architecture", "arch"), "model.file"),
    **dict.fromkeys(("img_size", "image_size", "target_size", "input_size"), "prepare.image.size"),
    **dict.fromkeys(("random_state", "random_seed"), "train.seed"),
    **dict.fromkeys(("output_dir", "log_dir", "logdir", "run_dir"), "train.run"),
    **dict.fromkeys(("augmentation", "augmentations"), "stream.augment"),
    **dict.fromkeys(("delimiter", "separator"), "data.source.options"),
}


class _Loader(yaml.SafeLoader):
    """YAML with the keys of mappings as they are written: `yes` and `01` are names, not true and 1.

    Numbers to the base 8 and 60 are text as it is written, which is a decimal number where one is expected, or refused.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"the key `{key.value}` is repeated", problem_mark=key.start_mark
                )
            seen.add(key.value)
            key.tag = "tag:yaml.org,2002:str"
        return dict(super().construct_mapping(node, deep))


def _number(loader: _Loader, node: yaml.ScalarNode) -> int | float | str:
    if OTHER_BASE.fullmatch(node.value):
        return str(node.value)
    is_whole = node.tag == "tag:yaml.org,2002:int"
    return loader.construct_yaml_int(node) if is_whole else loader.construct_yaml_float(node)


for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _number)


def _parse(text: str, place: tuple[str, ...] = ()) -> Any:
    """Return the value of a YAML text; the values of TEXT_MAPPINGS are as they are written: no is not false.

    Args:
        place: the keys above the value.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else loader.construct_document(_with_written_text(node, place))
    finally:
        loader.dispose()


def _with_written_text(node: yaml.Node, place: tuple[str, ...]) -> yaml.Node:
    """Return `node` with text in place of the scalars of TEXT_MAPPINGS; scalars that are used elsewhere stay."""
    if isinstance(node, yaml.ScalarNode) and place[:-1] in TEXT_MAPPINGS:
        return yaml.ScalarNode("tag:yaml.org,2002:str", node.value, node.start_mark, node.end_mark, node.style)
    if isinstance(node, yaml.MappingNode) and any(place == one[: len(place)] for one in TEXT_MAPPINGS):
        node.value = [
            # What `<<` merges has the keys of this mapping.
            (key, _with_written_text(value, place if key.value == "<<" else (*place, str(key.value))))
            for key, value in node.value
        ]
    return node


def load(path: str | Path, overrides: Iterable[str] = ()) -> Configuration:
    """Read the YAML file at `path`, apply `overrides` such as `train.ranks=2`, and validate.

    Raises:
        ConfigurationError: the file is missing or not a YAML mapping, a key is unknown, or a value is invalid.
    """
    tree = read_yaml(Path(path), "`headrace init` writes one to start from.")
    keys = [_apply(tree, override) for override in overrides]
    _refuse_dataframe(tree, path)
    return validate(Configuration, tree, path, keys)


def build(sections: Mapping[str, Any], values: Mapping[str, Any], origin: str | Path) -> Configuration:
    """Return the configuration of `sections` with the values of some dotted keys, such as train.optimizer.name.

    Args:
        origin: where they come from, for the message.

    Raises:
        ConfigurationError: a key is unknown, or a value is invalid.
    """
    tree = copy.deepcopy(dict(sections))
    for key, value in values.items():
        _set(tree, key, value, f"{key} = {value}")
    return validate(Configuration, tree, origin)


def with_values(configuration: Configuration, values: Mapping[str, Any], origin: str | Path) -> Configuration:
    """Return `configuration` with the values of some dotted keys, such as train.optimizer.name, replaced.

    Args:
        origin: where the values come from, for the message.

    Raises:
        ConfigurationError: a key is unknown, or a value is invalid.
    """
    return build(configuration.model_dump(mode="json", exclude_unset=True), values, origin)


def validate(
    model: type[Model], tree: dict[str, Any], path: str | Path, overridden: Collection[list[str]] = ()
) -> Model:
    """Validate `tree`, read from `path`, as a `model`.

    Args:
        overridden: the keys, as lists of their parts, that the command line set.

    Raises:
        ConfigurationError: a key is unknown, or a value is invalid.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        found: dict[str, list[str]] = {str(path): []}
        for details in merge_union_errors(error.errors(), model):
            message = " ".join(_describe(details, model).split())
            found.setdefault(_origin(details, path, overridden), []).append(message)
        parts = (f"{origin}: {'; '.join(messages)}" for origin, messages in found.items() if messages)
        raise ConfigurationError("; ".join(parts)) from None


def read_yaml(path: Path, hint: str) -> dict[str, Any]:
    """Return the mapping in the YAML file at `path`.

    Args:
        hint: how to get such a file; appended to the message if it is missing.

    Raises:
        ConfigurationError: the file is missing or not a YAML mapping.
    """
    try:
        tree = _parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = read_failure(error, path)
        raise ConfigurationError(f"The configuration {path} cannot be read {reason}. {hint}") from None
    except NOT_YAML as error:
        raise ConfigurationError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise ConfigurationError(
            f"{path} must hold sections such as `data:` and `train:`; received {received_text(tree)}."
        )
    return tree


def _refuse_dataframe(tree: dict[str, Any], path: str | Path) -> None:
    """Raise if a file names the format of a DataFrame, which only a program has."""
    data = tree.get("data")
    source = data.get("source") if isinstance(data, dict) else None
    if isinstance(source, dict) and source.get("format") == DATAFRAME:
        raise ConfigurationError(
            f"{path}: `data.source.format`: {DATAFRAME} stands for the rows of a program, which a file cannot name; "
            "call headrace.prepare(frame, table, ...) in that program."
        )


def _apply(tree: dict[str, Any], override: str) -> list[str]:
    """Set the key of `override`, and return its parts."""
    key, equals, value = override.partition("=")
    if not equals or not all(key.split(".")):
        raise ConfigurationError(f"`{override}` is not an override; expected key=value, such as train.ranks=2.")
    try:
        _set(tree, key, _parse(value, tuple(key.split("."))), override)
    except NOT_YAML:
        quoted = shlex.quote(f"{key}={_quoted(value)}")
        raise ConfigurationError(f"`{override}`: {value!r} is not a YAML value; quote it: {quoted}") from None
    return key.split(".")


def _quoted(value: str) -> str:
    """Return a value that is not valid YAML as quoted text, or as a list of quoted texts: `["*/bad"]` for `[*/bad]`."""
    if len(value) > 1 and value.startswith("[") and value.endswith("]"):
        return f"[{', '.join(json.dumps(part.strip(), ensure_ascii=False) for part in value[1:-1].split(','))}]"
    return json.dumps(value, ensure_ascii=False)


def _set(tree: dict[str, Any], key: str, value: Any, source: str) -> None:
    """Set the dotted `key` to `value`; the message of an error quotes `source`."""
    *parents, leaf = key.split(".")
    for parent in parents:
        if tree.get(parent) is None:
            tree[parent] = {}
        below = tree[parent]
        if not isinstance(below, dict):
            raise ConfigurationError(f"`{source}`: {parent} holds the value {below!r} and has no keys below it.")
        tree = below
    tree[leaf] = value


def _origin(error: ErrorDetails, path: str | Path, overridden: Collection[list[str]]) -> str:
    """Return where the value of an invalid key is from: the file at `path`, the command line, or both."""
    names, _ = _key_parts(error)
    is_below = any(key[: len(names)] == names for key in overridden)
    if any(names[: len(key)] == key for key in overridden) or (is_below and error["type"] == "extra_forbidden"):
        return COMMAND_LINE
    return f"{path} and {COMMAND_LINE}" if is_below else str(path)


def _key_parts(error: ErrorDetails) -> tuple[list[str], str | None]:
    """Return the parts of the key of an error, and the kind of the named input that it is in."""
    names = [str(part) for part in error["loc"] if part != "[key]"]
    if names[:2] == ["prepare", "inputs"] and len(names) > 4 and names[3] in INPUT_SECTIONS:
        # pydantic puts the kind of a named input, which is a value, among the keys.
        return names[:3] + names[4:], names[3]
    return names, None


def _describe(error: ErrorDetails, model: type[BaseModel]) -> str:
    names, kind = _key_parts(error)
    below = names
    if kind is not None:
        model, below = INPUT_SECTIONS[kind], names[3:]
    key = ".".join(names)
    if error["type"] == "extra_forbidden":
        return f"unknown key `{key}`{nearest_key(below, model)}"
    if error["type"] == "missing":
        if isinstance(error["loc"][-1], int):
            return f"`{'.'.join(names[:-1])}` has too few values, received {received_text(error['input'])}"
        return f"`{key}` is not set and has no default; add it"
    if error["type"] == "secret":
        return f"`{key}`: {error['msg']}"
    if error["type"] == "tuple_type" and isinstance(error["input"], int | float | str):
        expected = _example(below, model, error["input"])
        return f"`{key}`: expected a list such as {expected}, received {received_text(error['input'])}"
    if error["type"] == "dict_type" and error["input"] is None:
        return f"`{key}`: {describe_value(error)}; {key}={{}} on the command line empties it, as {{}} does in the file"
    if not names:
        # A rule about several sections names their keys itself.
        return error["msg"].removeprefix("Value error, ")
    return f"`{key}`: {describe_value(error)}"


def _example(names: list[str], model: type[BaseModel], value: object) -> str:
    """Return a list of `value` that has the length of the key's list: [16, 16] for a height and width of 16."""
    kind: Any = model
    for name in names:
        field = kind.model_fields.get(name) if isinstance(kind, type) and issubclass(kind, BaseModel) else None
        kind = field.annotation if field else None
    kinds = (kind, *get_args(kind))
    parts = next((get_args(candidate) for candidate in kinds if get_origin(candidate) is tuple), ())
    return f"[{', '.join([str(value)] * (1 if Ellipsis in parts else len(parts) or 1))}]"


def nearest_key(names: list[str], model: type[BaseModel], likeness: float = 0.6) -> str:
    """Return a hint for an unknown key: the same name elsewhere, else a similar sibling or key, else all siblings.

    Args:
        likeness: of a similar name, from 0 to 1.
    """
    known = _known_keys(model)
    synonym = SYNONYMS.get(names[-1])
    if synonym in known:
        return f"; did you mean `{synonym}`?"
    siblings = _keys_of(names[:-1], known)
    for keys, cutoff in ((known, 1.0), (siblings, likeness), (known, likeness)):
        last_parts = {key.rpartition(".")[2]: key for key in reversed(keys)}
        near = difflib.get_close_matches(names[-1], last_parts, n=1, cutoff=cutoff)
        if near:
            return f"; did you mean `{last_parts[near[0]]}`?"
    section = names[:-1]
    while not siblings:
        section = section[:-1]
        siblings = _keys_of(section, known)
    place = f" of `{'.'.join(section)}`" if section and section != names[:-1] else ""
    return f"; known keys{place}: " + ", ".join(sorted(key.rpartition(".")[2] for key in siblings))


def _keys_of(section: list[str], known: list[str]) -> list[str]:
    return [key for key in known if key.rpartition(".")[0] == ".".join(section)]


def _known_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    keys = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                keys += _known_keys(kind, f"{prefix}{name}.")
    return keys
