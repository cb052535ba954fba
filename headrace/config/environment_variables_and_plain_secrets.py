"""Substitute environment variables in settings, so that no file contains a secret."""

import os
import re
from collections.abc import Mapping

from headrace.config.secret_recognition_and_redaction import is_secret
from headrace.errors import ConfigurationError

VARIABLE = re.compile(r"\$\w+")


def from_environment(settings: Mapping[str, str], origin: str) -> dict[str, str]:
    """Return `settings` with every value of the form $NAME replaced by that environment variable.

    Args:
        origin: file or key that holds the settings, for the message.

    Raises:
        ConfigurationError: a variable is not set.
    """
    resolved = {}
    for name, value in settings.items():
        if VARIABLE.fullmatch(value):
            if value[1:] not in os.environ:
                raise ConfigurationError(
                    f"`{origin}.{name}` is {value}, but this environment variable is not set; set it."
                )
            value = os.environ[value[1:]]
        resolved[name] = value
    return resolved


def find_plain_secret(settings: Mapping[str, str]) -> str | None:
    """Return the name of the first secret setting whose value is not an environment variable; None if there is none."""
    secrets = (name for name, value in settings.items() if is_secret(name) and not VARIABLE.fullmatch(value))
    return next(secrets, None)
