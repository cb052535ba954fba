"""Environment variables in settings, so that no secret stands in a file."""

import os
import re
from collections.abc import Mapping

from headrace.config.secret_names import is_secret
from headrace.errors import ConfigurationError

VARIABLE = re.compile(r"\$\w+")


def from_environment(settings: Mapping[str, str], place: str) -> dict[str, str]:
    """`settings` with the value of $NAME in the place of every value that is such a name.

    Args:
        place: where the settings stand, for the message.

    Raises:
        ConfigurationError: a variable is not set.
    """
    found = {}
    for name, value in settings.items():
        if VARIABLE.fullmatch(value):
            if value[1:] not in os.environ:
                raise ConfigurationError(f"`{place}.{name}` is {value}, and that variable is not set.")
            value = os.environ[value[1:]]
        found[name] = value
    return found


def written_out_secret(settings: Mapping[str, str]) -> str | None:
    """The name of a secret whose value stands there itself, and not the name of a variable that holds it."""
    secrets = (name for name, value in settings.items() if is_secret(name) and not VARIABLE.fullmatch(value))
    return next(secrets, None)
