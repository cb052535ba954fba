"""`headrace config --explain KEY`: what a key means, its type, default and range, and an example."""

import shlex
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from headrace.config.base_section import Section
from headrace.config.commented_yaml import WIDTH, default_of, description_of, inline_yaml, plain_value, section_type
from headrace.config.configuration_model import Configuration
from headrace.config.load import nearest_key, read_yaml
from headrace.config.type_and_range_text import range_text, type_name
from headrace.errors import ConfigurationError

# Examples of keys that no shipped configuration sets and that have no default, by their type in the JSON Schema.
SAMPLES: dict[str, Any] = {"string": "NAME", "integer": 4, "number": 0.5, "array": []}


class Key(NamedTuple):
    """A key of the configuration.

    Attributes:
        path: dotted names from the top.
        parent: the section that holds the key.
    """

    path: str
    parent: type[Section]
    field: FieldInfo

    @property
    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the section that holds the key."""
        return self.parent.model_json_schema()

    @property
    def value_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the key itself."""
        schema: dict[str, Any] = self.schema["properties"][self.path.rpartition(".")[2]]
        return schema


def explain(path: str, examples: Path, configuration: Configuration | None = None) -> str:
    """Return an explanation of the key at the dotted `path`, as several lines.

    Args:
        examples: folder of configurations, from which the example is taken.
        configuration: a configuration whose value of the key is shown too, if any.

    Raises:
        ConfigurationError: there is no such key; the message names the nearest one.
    """
    key = find_key(path)
    section, bounds = section_type(key.field.annotation), range_text(key.value_schema).replace("\u00a0", " ")
    lines = [
        key.path,
        *_indented(description_of(key.field)),
        f"  type: {type_name(key.value_schema, key.schema).replace('`', '')}",
        *([f"  range: {bounds}"] if bounds else ()),
        f"  default: {default_of(key.field)}",
        *_own_value(key.path, configuration),
        f"  example: {_override(key.path, example(key, read_examples(examples)))}",
        *(_list_keys(section) if section else ()),
    ]
    return "\n".join(lines)


def _override(path: str, value: Any) -> str:
    """Return `key=value`, quoted for a shell; the YAML has double quotes, so that single ones around it keep them."""
    text = inline_yaml(value)
    if '"' not in text and "\\" not in text:
        text = text.replace("'", '"')
    return shlex.quote(f"{path}={text}")


def _own_value(path: str, configuration: Configuration | None) -> list[str]:
    """Return the lines with the value that `configuration` has at the dotted `path`; none without a configuration."""
    value: Any = {} if configuration is None else configuration.model_dump(mode="json")
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return []
        value = value[name]
    return textwrap.wrap(
        f"this configuration: {inline_yaml(value)}", WIDTH, initial_indent="  ", subsequent_indent="    "
    )


def find_key(path: str) -> Key:
    """Return the key at `path`; for a name below a mapping, as in `model.options.width`, the key of the mapping.

    Raises:
        ConfigurationError: there is no such key.
    """
    return _find(path.split("."), 0, Configuration)


def read_examples(folder: Path) -> list[dict[str, Any]]:
    """Return the content of all configurations in `folder`."""
    return [read_yaml(path, "") for path in sorted(folder.glob("*.yaml"))]


def example(key: Key, trees: Sequence[dict[str, Any]]) -> Any:
    """Return a value of the key from one of the configurations `trees`, not the default if there is another.

    Without one, return an example of the key's own, or else a value that the key accepts.
    """
    values = [value for tree in trees for value in _values_at(tree, key)]
    default = None if key.field.is_required() else plain_value(key.field.get_default(call_default_factory=True))
    other = [value for value in values if value != default]
    return next(iter((*other, *(key.field.examples or ()), *values)), None) or _sample(key.value_schema, default)


def _find(names: Sequence[str], index: int, section: type[Section]) -> Key:
    field = section.model_fields.get(names[index])
    if field is not None:
        inner = section_type(field.annotation)
        last, mapping = index + 1 == len(names), "dict[" in str(field.annotation)
        if last or (mapping and (inner is None or index + 2 == len(names))):
            return Key(".".join(names[: index + 1]), section, field)
        if inner is not None:
            return _find(names, index + 2 if mapping else index + 1, inner)
    raise ConfigurationError(f"unknown key `{'.'.join(names)}`{nearest_key(list(names), Configuration)}")


def _values_at(tree: Any, key: Key) -> Iterator[Any]:
    for name in key.path.split("."):
        if not isinstance(tree, dict) or name not in tree:
            return
        tree = tree[name]
    yield tree


def _sample(schema: dict[str, Any], default: Any) -> Any:
    """Return a value that the JSON Schema of a key allows: another choice than the default, the default or a sample."""
    options = [option for option in schema.get("anyOf", (schema,)) if option.get("type") != "null"]
    choices = [choice for option in options for choice in option.get("enum", ()) if choice != default]
    if choices:
        return choices[0]
    if isinstance(default, bool):
        return not default
    return default or next((_sample_of_type(option) for option in options if option.get("type") in SAMPLES), {})


def _sample_of_type(option: dict[str, Any]) -> Any:
    if option["type"] == "array":
        return [_sample(option["items"], None)]
    sample = SAMPLES[option["type"]]
    return max(sample, option["minimum"]) if "minimum" in option else sample


def _list_keys(section: type[Section]) -> Iterator[str]:
    yield "  keys:"
    schemas = section.model_json_schema()["properties"]
    for name, field in section.model_fields.items():
        choices = list(map(str, schemas[name].get("enum", ())))
        listed = all(choice in description_of(field) for choice in choices)
        kinds = "" if listed else f"{', '.join(choices)}; "
        text = f"{name} ({kinds}default: {default_of(field)}): {description_of(field)}"
        yield from textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="      ")


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")
