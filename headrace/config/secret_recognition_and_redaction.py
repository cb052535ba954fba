"""Recognise settings whose values are secret, and redact them."""

import re
from typing import Any

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
