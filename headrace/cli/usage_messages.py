"""Help and messages of the command line in plain words: Typer cuts sentences, and passes on a library's messages."""

import difflib
import re
from typing import Any

import typer
from typer.core import TyperGroup

CHOICE = re.compile(r"'(?P<given>.*)' is not one of (?P<choices>'.*')\.", re.DOTALL)
# The beginning of the library's message, and what it means.
MEANINGS = {
    "Input should be a valid integer": "expected a whole number",
    "Input should be a valid number": "expected a number",
}


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

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = plain_message(error.message)
            raise


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
