"""Write a configuration as YAML, with a comment on each key and a mark on values that are not the default."""

import math
import textwrap
from collections.abc import Iterator
from typing import Any, get_args

import yaml
from pydantic.fields import FieldInfo

from headrace.config.base_section import Section
from headrace.config.configuration_model import Configuration

WIDTH = 120
INDENT = "  "
# The default of a section is that of each of its keys.
OWN_DEFAULTS = "see its keys"


class _Dumper(yaml.SafeDumper):
    """A dumper that uses double quotes for text that needs escapes, in YAML or in the terminal's encoding."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = text.isascii() and text.isprintable()
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _represent_text)


def as_yaml(configuration: Configuration, origin: str) -> str:
    """Return all keys of `configuration` with their values, which `headrace` reads as the same configuration.

    Args:
        origin: the file that the values come from, named in the first line.
    """
    first = (
        f"# {origin} with all keys. A comment after a value shows the default that it replaces, or that it has none."
    )
    return "\n".join([first, *_section_lines(configuration, "")])


def inline_yaml(value: Any) -> str:
    """Return `value`, which has only types that YAML and JSON share, as YAML on one line."""
    text = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, width=math.inf, sort_keys=False, allow_unicode=True
    )
    return text.removesuffix("\n").removesuffix("\n...")


def section_type(annotation: Any) -> type[Section] | None:
    """Return the section within a type such as `Tune | None`; None if there is none, or one of several."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    found = {section for inner in get_args(annotation) if (section := section_type(inner))}
    return found.pop() if len(found) == 1 else None


def default_of(field: FieldInfo) -> str:
    """Return the default of a key as YAML; `required` if it has none."""
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, Section):
        return OWN_DEFAULTS
    return "off" if default is None and section_type(field.annotation) else inline_yaml(plain_value(default))


def description_of(field: FieldInfo) -> str:
    """Return the description of a key, or of its section if it has none."""
    section = section_type(field.annotation)
    text = field.description or (section.__doc__ if section else None) or ""
    return " ".join(text.split())


def _section_lines(section: Section, indent: str) -> Iterator[str]:
    for name, field in type(section).model_fields.items():
        if not indent:
            yield ""
        value = getattr(section, name)
        yield from textwrap.wrap(
            description_of(field), WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
        )
        yield from _value_lines(name, value, _mark(value, field), indent)


def _value_lines(name: str, value: Any, mark: str, indent: str) -> Iterator[str]:
    if isinstance(value, Section):
        yield f"{indent}{inline_yaml(name)}:{mark}"
        yield from _section_lines(value, indent + INDENT)
    elif isinstance(value, dict) and any(isinstance(item, Section) for item in value.values()):
        yield f"{indent}{inline_yaml(name)}:{mark}"
        for key, item in value.items():
            yield from _value_lines(key, item, "", indent + INDENT)
    else:
        yield f"{indent}{inline_yaml(name)}: {inline_yaml(plain_value(value))}{mark}"


def _mark(value: Any, field: FieldInfo) -> str:
    """Return the comment after a value that is not the default; keys of a section have their own."""
    if not field.is_required() and value == field.get_default(call_default_factory=True):
        return ""
    default = default_of(field)
    if default == "required":
        return "" if isinstance(value, Section) else " # required"
    return "" if default == OWN_DEFAULTS else f" # default: {default}"


def plain_value(value: Any) -> Any:
    """Return `value` with lists for tuples, and mappings for sections."""
    if isinstance(value, Section):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: plain_value(item) for key, item in value.items()}
    return [plain_value(item) for item in value] if isinstance(value, list | tuple) else value
