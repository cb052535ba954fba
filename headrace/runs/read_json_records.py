"""Read records of runs and studies from JSON files."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from headrace.errors import ConfigurationError, DataError
from headrace.format_version import require_format
from headrace.runs.run_record import Record


def read_record(file: Path, kind: type[Record], what: str, key: str) -> Record | None:
    """Return the record in `file`, or None where the file does not exist.

    Args:
        what: what the directory is, such as run.
        key: configuration key that names the directory.

    Raises:
        ConfigurationError: the file is not a valid record of this version.
        StoreError: the store denies access or does not respond.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    require_format(content, f"The {what} {file.parent}", f"name another {key}", ConfigurationError)
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        detail = error.errors()[0]
        raise ConfigurationError(
            f"{file} is not a {what} of this version of Headrace ({detail['loc']}: {detail['msg']}); "
            f"set {key} to another directory."
        ) from None


def read_object(file: Path) -> dict[str, Any] | None:
    """Return the JSON object in `file`; None if the file does not exist.

    Raises:
        DataError: the file cannot be read, or holds something else.
    """
    try:
        content = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise DataError(f"{file} is damaged: it is not a JSON object.")
    return content
