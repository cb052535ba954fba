"""`headrace config --explain`: meaning, type, range, default and example of a key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter

from headrace import cli
from headrace.config import Configuration, load
from headrace.config.base_section import Section
from headrace.config.commented_yaml import section_type
from headrace.config.key_explanation import example, explain, find_key, read_examples
from headrace.errors import ConfigurationError

CONF = Path(__file__).parents[2] / "conf"


def keys(section: type[Section] = Configuration, prefix: str = "") -> Iterator[str]:
    """All keys; NAME stands for the user's own names in a mapping of sections."""
    for name, field in section.model_fields.items():
        yield prefix + name
        inner = section_type(field.annotation)
        if inner is not None:
            yield from keys(inner, f"{prefix}{name}.{'NAME.' if 'dict[' in str(field.annotation) else ''}")


def test_value_has_meaning_type_range_default_and_an_example() -> None:
    assert explain("train.batch_size", CONF).splitlines() == [
        "train.batch_size",
        "  rows per step on one rank; the global batch size is ranks times this",
        "  type: integer",
        "  range: > 0",
        "  default: 64",
        "  example: train.batch_size=32",
    ]
    assert "  type: sgd, rmsprop, adam, adamw" in explain("train.optimizer.name", CONF)


def test_value_of_a_configuration_is_shown_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A configuration that was named beside the key was ignored."""
    configuration = load(CONF / "images.yaml", ("train.epochs=7",))
    assert "  this configuration: 7" in explain("train.epochs", CONF, configuration).splitlines()
    assert "  this configuration: {width: 32, dropout: 0.25}" in explain("model.options.width", CONF, configuration)
    assert "this configuration" not in explain("tune.trials", CONF, configuration)
    with pytest.raises(SystemExit):
        cli.main(["config", str(CONF / "images.yaml"), "train.epochs=9", "--explain", "train.epochs"])
    assert "  this configuration: 9" in capsys.readouterr().out


def test_section_lists_its_keys() -> None:
    lines = explain("prepare.splits", CONF).splitlines()
    assert "    train (default: 0.8): fraction of records in the training split" in lines
    assert any(line.startswith("  example: 'prepare.splits={method: ") for line in lines)
    assert "flip (none, horizontal, vertical, both; default: none): " in explain("stream.augment", CONF)
    # Its description says what each of them means.
    assert "method (default: hash): hash: assign by a hash" in explain("prepare.splits", CONF)


def test_example_of_a_key_that_no_configuration_sets_is_one_of_its_own() -> None:
    assert "  example: 'data.source.exclude=[\"*/2026-11-28/*\"]'" in explain("data.source.exclude", CONF).splitlines()
    assert "  example: retrain.gate.margin=0.01" in explain("retrain.gate.margin", CONF).splitlines()


def test_names_below_a_mapping_are_the_users_own() -> None:
    assert find_key("model.options.width").path == "model.options"
    assert find_key("tune.space.NAME").path == "tune.space"
    assert find_key("tune.space.NAME.low").path == "tune.space.NAME.low"


@pytest.mark.parametrize("path", ["train.epoch", "epochs", "train.epochs.more", ""])
def test_wrong_key_is_refused_with_the_nearest(path: str) -> None:
    with pytest.raises(ConfigurationError, match="unknown key `.*`; "):
        explain(path, CONF)


def test_wrong_section_is_refused_with_the_known_keys() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown key `foo\.zzz`; known keys: data, model, "):
        explain("foo.zzz", CONF)
    with pytest.raises(ConfigurationError, match="`train.zzz.qqq`; known keys of `train`: batch_size, "):
        explain("train.zzz.qqq", CONF)


def test_example_of_every_key_is_valid() -> None:
    checked, trees = 0, read_examples(CONF)
    for path in keys():
        key = find_key(path)
        kind: Any = key.field.annotation
        for constraint in key.field.metadata:
            kind = Annotated[kind, constraint]
        # The source turns the values of these into text itself.
        if section_type(key.field.annotation) is None and path != "data.source.options":
            TypeAdapter(kind).validate_python(example(key, trees))
            checked += 1
    assert checked > 130
