"""Recognise and redact settings whose values are secret, and substitute environment variables in settings."""

import os
import re
from collections.abc import Mapping
from typing import Any

from headrace.errors import ConfigurationError

WITHHELD = "(withheld)"

# Spark's own `spark.redaction.regex`, and the keys of Azure accounts, whose setting names end with the account's name.
HIDDEN = re.compile(r"secret|password|token|access[._]?key|account[._]?key", re.IGNORECASE)
# Narrower, as a refused setting cannot be used at all: spark.authenticate.secretBitLength holds no secret, and an
# access key is the name that belongs to a secret.
SECRET = re.compile(r"(secret|password|token|secret\.?key|account\.?key(\.[\w.-]+)?)$", re.IGNORECASE)


def is_hidden(name: str) -> bool:
    """Return whether the value of the setting `name` must not be shown: it is, or may be, secret."""
    return HIDDEN.search(name) is not None


def withhold_secrets(tree: Any) -> Any:
    """Return the configuration `tree`, as JSON values, without the texts of settings that are or may be secret."""
    if isinstance(tree, dict):
        return {
            key: WITHHELD if isinstance(value, str) and is_hidden(str(key)) else withhold_secrets(value)
            for key, value in tree.items()
        }
    return [withhold_secrets(value) for value in tree] if isinstance(tree, list) else tree


def is_secret(name: str) -> bool:
    """Return whether the value of the setting `name` is certainly secret."""
    return SECRET.search(name) is not None


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
