"""Names of settings whose values are secret."""

import re

# As Spark itself decides what not to show, `spark.redaction.regex`; and the keys of Azure's accounts, in whose settings
# the account's name comes last.
HIDDEN = re.compile(r"secret|password|token|access[._]?key|account[._]?key", re.IGNORECASE)
# Fewer, as settings that are refused cannot be made at all: spark.authenticate.secretBitLength holds no secret, and an
# access key is the name that belongs to one.
SECRET = re.compile(r"(secret|password|token|secret\.?key|account\.?key(\.[\w.-]+)?)$", re.IGNORECASE)


def is_hidden(name: str) -> bool:
    """Whether the value of the setting `name` is not to be shown: it is secret, or may be."""
    return HIDDEN.search(name) is not None


def is_secret(name: str) -> bool:
    """Whether the value of the setting `name` is secret beyond doubt."""
    return SECRET.search(name) is not None
