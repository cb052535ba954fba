"""Wrong values of options are refused in plain words, with the nearest choice."""

import pytest

from headrace import cli
from headrace.cli.usage_messages import plain_message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["export", "bundle", "out", "--to", "savedmodel"],
            "'--to': 'savedmodel' is not one of 'saved_model', 'onnx', 'tflite'; did you mean 'saved_model'?",
        ),
        (["init", "--kind", "texts"], "did you mean 'text'?"),
        (["init", "--kind", "zzz"], "'zzz' is not one of 'images', 'text', 'audio', 'windows', 'table', 'retrain'."),
        (["inspect", "table", "--version", "x"], "'--version': expected a whole number"),
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
