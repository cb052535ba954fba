"""Format help and usage errors of the command line in full sentences, which Typer shortens or leaves to libraries."""

import difflib
import re
from typing import Any

import typer
from typer.core import TyperArgument, TyperGroup

CHOICE = re.compile(r"'(?P<given>.*)' is not one of (?P<choices>'.*')\.", re.DOTALL)
# The beginning of the library's message, and what it means.
MEANINGS = {
    "Input should be a valid integer": "expected a whole number",
    "Input should be a valid number": "expected a number",
}


# An example and its command, which must be copied in one piece: a wrapped line breaks at the hyphens of its paths.
EXAMPLE = re.compile(r"^Example: .+(?:\n.+)*", re.MULTILINE)
# Typer's mark of a paragraph that it does not wrap.
UNWRAPPED = "\b\n"
# The base class of errors such as an unknown option, which Typer does not export.
USAGE_ERROR: Any = typer.BadParameter.__mro__[1]
# Similarity of an option and the key that it may mean: enough for --batch-sise, too little for --limit and `split`.
LIKENESS = 0.75
# More characters than the first sentence of any command has.
WHOLE_SENTENCE = 1000


class PlainGroup(TyperGroup):
    """Commands that are listed with whole sentences, and whose messages about wrong values are plain."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, each with the first sentence of its help."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(WHOLE_SENTENCE)) for name, command in commands if command]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of this name, whose arguments are named as in a manual page: CONF, [FOLDER], INPUT..."""
        command = super().get_command(ctx, cmd_name)
        if command and command.help:
            command.help = EXAMPLE.sub(lambda found: UNWRAPPED + " ".join(found[0].split()), command.help)
        for argument in command.params if command else ():
            if isinstance(argument, TyperArgument):
                _name_plainly(argument)
        return command

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if message := _with_last_argument(error):
                raise USAGE_ERROR(message, error.ctx) from None
            error.message = plain_message(error.message)
            raise
        except USAGE_ERROR as error:
            # A group of commands in this one has seen the error before.
            if not hasattr(error, "is_plain"):
                error.message, error.is_plain = _with_override(error), True
            raise


def _name_plainly(argument: TyperArgument) -> None:
    """Name an argument in capitals, without braces and without its Python type, which Typer adds."""
    name = argument.metavar = argument.metavar or argument.name.upper()
    repeated = name + "..." if argument.nargs != 1 and not name.endswith("...") else name
    usage = repeated if argument.required or name.startswith("[") else f"[{repeated}]"
    vars(argument).update(display_type_rich=lambda ctx: None, _usage_display_name=lambda: usage)


def _with_last_argument(error: Any) -> str | None:
    """Return the message about INPUT..., or None: of `predict BUNDLE FILE` the parser takes FILE for the OUTPUT."""
    missing, command = getattr(error, "param", None), getattr(error.ctx, "command", None)
    arguments = [one for one in command.params if isinstance(one, TyperArgument)] if command else []
    if missing not in arguments[:-1] or missing.nargs == 1:
        return None
    expected = " ".join(f"{one.metavar}{'...' if one.nargs != 1 else ''}" for one in arguments)
    return f"Missing argument {missing.metavar!r} or {arguments[-1].metavar!r}; expected {expected}."


def _with_override(error: Any) -> str:
    """Return the message; for an unknown option also the override that it may mean, as in `--epochs 3`."""
    message, option = str(error.message), getattr(error, "option_name", None)
    command: Any = getattr(error.ctx, "command", None)
    if getattr(error, "possibilities", None) == ["--help"]:
        # Typer suggests it for every short word.
        error.possibilities = None
    # An option without its value, and a flag with one, are known options, of which the parser names no command.
    params = command.params if command else ()
    if not option or getattr(error, "possibilities", None) or all(one.name != "overrides" for one in params):
        return message
    from headrace.config import Configuration
    from headrace.config.load import nearest_key

    hint = nearest_key([option.strip("-").replace("-", "_")], Configuration, LIKENESS)
    if "did you mean" in hint:
        return f"{message}{hint.replace('`?', '=VALUE`?')}"
    return f"{message}; settings are written as key=value, such as train.epochs=10"


def plain_message(message: str) -> str:
    """Return the message of Typer in plain words, with the choice that is nearest to a wrong one."""
    message = message.removeprefix("Value error, ")
    for beginning, meaning in MEANINGS.items():
        if message.startswith(beginning):
            return meaning
    if found := CHOICE.fullmatch(message):
        near = difflib.get_close_matches(found["given"], re.findall(r"'(.*?)'", found["choices"]), n=1)
        return f"{message.rstrip('.')}{f'; did you mean {near[0]!r}?' if near else '.'}"
    return message
