"""A value that may be of several types gets one message, in words of the configuration."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from headrace.config import Configuration
from headrace.config.load import build
from headrace.config.sections.inputs.input_kind_list import INPUT_SECTIONS
from headrace.config.sections.tuning import Parameter
from headrace.errors import ConfigurationError

SMALLEST = {"data": {"source": {"path": "raw"}, "table": "table"}, "model": {"file": "m.py"}, "train": {"run": "run"}}
WRONG: tuple[Any, ...] = (
    -1, -1.5, float("nan"), True, "zzz", "", [], [-1], ["", {"a": 1}], [[{"a": -1}]], {"a": -1}, {"a": {"b": []}},
    {"a": ["", None]},
)  # fmt: skip
# What Pydantic names types and the functions that check them.
INTERNAL = re.compile(r"literal\[|tuple\[|dict\[|list\[|union\[|nullable|constrained|function-|is-instance")


def value_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield the dotted keys of a section and of those below it."""
    for name, field in model.model_fields.items():
        sections = [
            one
            for one in (field.annotation, *get_args(field.annotation))
            if isinstance(one, type) and issubclass(one, BaseModel)
        ]
        yield prefix + name
        for section in sections:
            yield from value_keys(section, f"{prefix}{name}.")


def refusal(values: dict[str, Any]) -> str:
    """Return the message about a configuration; empty if it is valid."""
    try:
        build(SMALLEST, values, "conf.yaml")
    except ConfigurationError as error:
        return str(error)
    return ""


def require_plain(message: str, key: str) -> None:
    """Require a message without names of types, with one clause for each value, which may be that of a key's name."""
    assert not INTERNAL.search(message), message
    named = re.findall(r"(?:^conf\.yaml: |; )`([^`]+)`: .*?received (.{,9})", message)
    assert len(named) == len(set(named)), message
    assert all(re.fullmatch(r"[\w.]+", name) for name, _ in named), (key, message)


def test_no_message_about_a_key_names_types() -> None:
    for key in value_keys(Configuration):
        for wrong in WRONG:
            require_plain(refusal({key: wrong}), key)


def test_no_message_about_a_named_input_or_a_searched_key_names_types() -> None:
    for kind, section in INPUT_SECTIONS.items():
        for key in value_keys(section):
            for wrong in WRONG:
                require_plain(
                    refusal({"prepare.inputs.photo": {"kind": kind}, f"prepare.inputs.photo.{key}": wrong}), key
                )
    for name in Parameter.model_fields:
        for wrong in WRONG:
            space = {"train.epochs": {"kind": "categorical", "choices": [1, 2]} | {name: wrong}}
            require_plain(refusal({"tune": {"study": "study", "space": space}}), name)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("train.loss.class_weights", {"yes": -1}, "class_weights.yes`: input should be greater than or equal to 0"),
        ("train.loss.class_weights", 5, "`: expected 'none', 'balanced' or keys with values below it, received 5"),
        ("train.loss.class_weights", "balance", "received 'balance'; did you mean 'balanced'?"),
        ("prepare.text.stop_words", [1], "`prepare.text.stop_words.0`: expected text (quote what reads as a number"),
        ("prepare.text.stop_words", {"a": 1}, "`: expected 'keep', 'english' or a list, received {'a': 1}"),
        ("retrain.test_version", -1, "`retrain.test_version`: input should be greater than or equal to 0, received -1"),
        ("retrain.test_version", "last", "`: expected 'first', 'newest' or a whole number, received 'last'"),
    ],
)
def test_message_names_what_the_value_should_be(key: str, value: Any, sentence: str) -> None:
    assert sentence in refusal({key: value})


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        (["none", {"yes": 2}], "choices.1`: expected true, false, a number, text or a list, received {'yes': 2}"),
        ([[1, {"a": 1}]], "choices.0.1`: expected true, false, a number or text, received {'a': 1}"),
        ([float("nan")], "choices.0`: input should be a finite number, received nan"),
    ],
)
def test_choice_of_a_searched_key_has_one_message(choices: list[Any], sentence: str) -> None:
    space = {"model.options.width": {"kind": "categorical", "choices": choices}}
    said = refusal({"tune": {"study": "study", "space": space}})
    assert said == f"conf.yaml: `tune.space.model.options.width.{sentence}"
