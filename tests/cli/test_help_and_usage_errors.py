"""Wrong values of options are refused in plain words, with the nearest choice."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.core import TyperArgument
from typer.testing import CliRunner

from headrace import cli
from headrace.cli.help_and_usage_errors import plain_message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["export", "bundle", "out", "--to", "savedmodel"],
            "'--to': 'savedmodel' is not one of 'saved_model', 'onnx', 'tflite'; did you mean 'saved_model'?",
        ),
        (
            ["convert", "table", "out", "--format", "tfrecords"],
            "'--format': 'tfrecords' is not one of 'tfrecord', 'webdataset', 'huggingface'; did you mean 'tfrecord'?",
        ),
        (["init", "--kind", "texts"], "did you mean 'text'?"),
        (
            ["init", "--kind", "zzz"],
            "'zzz' is not one of 'images', 'masks', 'text', 'audio', 'tabular', 'record', 'recommendation', 'windows', "
            "'table', 'retrain'.",
        ),
        (["inspect", "table", "--version", "x"], "'--version': expected a whole number"),
        (["predict", "bundle", "a.csv"], "Missing argument 'INPUT' or 'OUTPUT'; expected BUNDLE INPUT... OUTPUT."),
        (["predict", "bundle"], "Missing argument 'INPUT' or 'OUTPUT'; expected BUNDLE INPUT... OUTPUT."),
        (["evaluate", "--table", "t"], "Missing argument 'BUNDLE'"),
    ],
)
def test_wrong_value_of_an_option_is_refused_in_plain_words(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        cli.main(arguments)
    assert exited.value.code == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert "Value error" not in shown


def test_help_lists_every_command_with_a_whole_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = " ".join(capsys.readouterr().out.partition("Commands:")[2].split())
    assert "..." not in shown
    assert "init Create a commented configuration and the networks that fit it as a starting point." in shown


def test_other_messages_stay_as_they_are() -> None:
    assert plain_message("--option x: expected NAME=VALUE") == "--option x: expected NAME=VALUE"


def _help(*command: str) -> str:
    runner = CliRunner()
    return str(runner.invoke(cli.app, [*command, "--help"]).output)


COMMANDS = re.findall(r"^  ([a-z]+)  ", _help().partition("Commands:")[2], re.MULTILINE)


@pytest.mark.parametrize(
    "command", [*([name] for name in COMMANDS), *(["models", name] for name in ("list", "promote", "compare"))]
)
def test_help_names_arguments_without_types_and_keeps_examples_on_one_line(command: list[str]) -> None:
    shown = _help(*command)
    usage, arguments = shown.partition("\n\n")[0], shown.partition("Arguments:")[2].partition("Options:")[0]
    assert not set("{}<>") & set(usage + arguments)
    assert "[[" not in usage
    for name in re.findall(r"^  (\S+)", arguments, re.MULTILINE):
        assert name == "[key=value]..." or name == name.upper()
    assert not re.search(r"Example: [^\n]*\n  \S", shown)
    assert not re.search(r"[ \t]+\n", shown)


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("--epochs", "; did you mean `train.epochs=VALUE`?"),
        ("--batch-size", "; did you mean `train.batch_size=VALUE`?"),
        ("--lr", "; did you mean `train.optimizer.learning_rate=VALUE`?"),
        ("--limit", "; settings are written as key=value, such as train.epochs=10"),
        ("--zzz", "; settings are written as key=value, such as train.epochs=10"),
        ("--restrat", " (Possible options: --restart)"),
    ],
)
def test_setting_written_as_an_option_is_refused_with_its_key(option: str, hint: str) -> None:
    result = CliRunner().invoke(cli.app, ["train", "conf.yaml", option, "3"])
    assert result.exit_code == 2
    assert f"No such option: {option}{hint}" in result.stderr


def test_setting_written_as_an_option_of_a_nested_command_has_its_key_once() -> None:
    result = CliRunner().invoke(cli.app, ["models", "list", "conf.yaml", "--registri", "3"])
    assert result.exit_code == 2
    assert result.stderr.count("did you mean `registry=VALUE`?") == 1


def _commands(group: Any, *above: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, *above, name)
        else:
            yield (*above, name), command


def _options(*, takes_value: bool) -> list[tuple[str, ...]]:
    """Return every option of every command in each of its spellings, after the arguments of the command."""
    found = []
    for names, command in _commands(typer.main.get_command(cli.app)):
        words = ["x" for one in command.params if isinstance(one, TyperArgument) and one.required]
        for option in (one for one in command.params if not isinstance(one, TyperArgument)):
            if takes_value != option.is_flag:
                found += [(*names, *words, one) for one in (*option.opts, *option.secondary_opts)]
    return found


@pytest.mark.parametrize("words", _options(takes_value=True), ids=" ".join)
def test_option_without_its_value_is_refused_in_a_sentence(words: tuple[str, ...]) -> None:
    """It ended with a traceback and exit code 1."""
    result = CliRunner().invoke(cli.app, words)
    assert (result.exit_code, type(result.exception)) == (2, SystemExit)
    assert f"Option {words[-1]!r} requires an argument." in result.stderr


@pytest.mark.parametrize("words", _options(takes_value=False), ids=" ".join)
def test_flag_with_a_value_is_refused_in_a_sentence(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli.app, [*words[:-1], f"{words[-1]}=3"])
    assert (result.exit_code, type(result.exception)) == (2, SystemExit)
    assert f"Option {words[-1]!r} does not take a value." in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["evaluate", "bundle", "--table", "table", "--split", "validation"],
        ["export", "bundle", "out", "--to", "onnx", "--table", "table", "--split", "validation"],
        ["inspect", "table", "--files", "validation"],
        ["compare", "one", "two", "--split", "validation"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_name_that_is_no_split_is_wrong_usage_of_every_command(arguments: list[str]) -> None:
    """A split that the table has no row of is unsuitable data instead, with exit code 3."""
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 2
    assert "'validation' is not one of " in result.stderr
    assert "'val'" in result.stderr
