"""Read a command that trains, as a run records it, and derive the one that prepares its data."""

import re
import shlex
from pathlib import Path


def configuration_file(training: str) -> str | None:
    """Return the configuration file named in the `training` command."""
    _, arguments = _prepare_and_rest(training)
    return next(
        (argument for argument in arguments if not is_override(argument) and not argument.startswith("-")), None
    )


def prepare_command(training: str) -> str:
    """Return the command that prepares the data of the `training` command, with its overrides for data."""
    program, arguments = _prepare_and_rest(training)
    overrides = [
        argument for argument in arguments if is_override(argument) and argument.startswith(("data.", "prepare."))
    ]
    return shlex.join([*program, configuration_file(training) or "CONF", *overrides])


def is_train(argument: str) -> bool:
    """Return whether an argument is the command that trains, or its job."""
    return argument == "train" or Path(argument).name == "train.py"


def is_override(argument: str) -> bool:
    """Return whether an argument sets a configuration key."""
    return re.match(r"[\w.]+=", argument) is not None


def split_line(command: str) -> list[str]:
    """Return the arguments of a command line."""
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _prepare_and_rest(training: str) -> tuple[list[str], list[str]]:
    """Return the start of the matching prepare command (`headrace prepare` or a job) and the remaining arguments."""
    arguments = split_line(training)
    for index, argument in enumerate(arguments):
        if is_train(argument):
            return [*arguments[:index], re.sub(r"train(?=$|\.py$)", "prepare", argument)], arguments[index + 1 :]
    return ["headrace", "prepare"], []
