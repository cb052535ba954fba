"""Write the cluster settings that are needed before the driver starts to a properties file for spark-submit."""

import os
from pathlib import Path
from typing import Any

from headrace.config.cluster_file import COMMANDS, load_cluster
from headrace.config.secrets_and_environment_variables import from_environment
from headrace.errors import ConfigurationError


def write_properties(cluster: Path, command: str, output: Path) -> dict[str, Any]:
    """Write the settings of `command` on `cluster` to `output`, readable by this user only: they may hold secrets.

    Raises:
        ConfigurationError: the cluster file is invalid, an environment variable is not set, `command` does not run
            on Spark, or `output` cannot be written.
    """
    if command not in COMMANDS:
        raise ConfigurationError(f"`{command}` does not run on Spark; expected one of {', '.join(COMMANDS)}.")
    settings = from_environment(load_cluster(cluster).settings_for(command), str(cluster))
    lines = [f"{name} {_escaped(value)}\n" for name, value in sorted(settings.items())]
    try:
        output.unlink(missing_ok=True)
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(lines)
    except OSError as error:
        raise ConfigurationError(
            f"The properties cannot be written to {output} ({error.strerror}); name another file."
        ) from None
    return {"properties": str(output), "command": command, "settings": len(settings)}


def _escaped(value: str) -> str:
    """Escape `value` for java.util.Properties."""
    return value.replace("\\", "\\\\").replace("\n", "\\n")
