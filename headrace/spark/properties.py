"""A cluster's file as the properties file that spark-submit reads, for what must be known before a driver starts."""

import os
from pathlib import Path
from typing import Any

from headrace.config.cluster import COMMANDS, load_cluster
from headrace.config.environment import from_environment
from headrace.errors import ConfigurationError


def write_properties(cluster: Path, command: str, output: Path) -> dict[str, Any]:
    """Write what `command` is told on the cluster to `output`, readable by this user only: it may hold secrets.

    Raises:
        ConfigurationError: the file is wrong, a variable is not set, or no such command runs on Spark.
    """
    if command not in COMMANDS:
        raise ConfigurationError(f"`{command}` does not run on Spark; expected one of {', '.join(COMMANDS)}.")
    settings = from_environment(load_cluster(cluster).of(command), str(cluster))
    lines = [f"{name} {_escaped(value)}\n" for name, value in sorted(settings.items())]
    try:
        output.unlink(missing_ok=True)
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(lines)
    except OSError as error:
        raise ConfigurationError(f"The properties cannot be written to {output} ({error.strerror}).") from None
    return {"properties": str(output), "command": command, "settings": len(settings)}


def _escaped(value: str) -> str:
    """As java.util.Properties reads it."""
    return value.replace("\\", "\\\\").replace("\n", "\\n")
