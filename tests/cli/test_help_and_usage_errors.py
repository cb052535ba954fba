"""Wrong values of options are refused in plain words, with the nearest choice."""

import re

import pytest
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
        (["init", "--kind", "texts"], "did you mean 'text'?"),
        (
            ["init", "--kind", "zzz"],
            "'zzz' is not one of 'images', 'text', 'audio', 'tabular', 'record', 'windows', 'table', 'retrain'.",
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
        ("--zzz", "; settings are written as key=value, such as train.epochs=10"),
        ("--restrat", " (Possible options: --restart)"),
    ],
)
def test_setting_written_as_an_option_is_refused_with_its_key(option: str, hint: str) -> None:
    result = CliRunner().invoke(cli.app, ["train", "conf.yaml", option, "3"])
    assert result.exit_code == 2
    assert f"No such option: {option}{hint}" in result.stderr


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
