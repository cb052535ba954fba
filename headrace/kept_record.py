"""The record that makes a folder a run or a study of this version."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from headrace.errors import ConfigurationError

Record = TypeVar("Record", bound=BaseModel)


def read_record(file: Path, kind: type[Record], what: str, key: str) -> Record | None:
    """What `file` holds; None where there is none.

    Args:
        what: the folder is, such as run.
        key: of the configuration that names the folder.

    Raises:
        ConfigurationError: it holds something that Headrace did not write.
        StoreError: the store refuses, or does not answer.
    """
    try:
        return kind.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        detail = error.errors()[0]
        raise ConfigurationError(
            f"{file} is not a {what} of this version of Headrace ({detail['loc']}: {detail['msg']}); "
            f"name another {key}."
        ) from None
