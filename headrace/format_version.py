"""The format that tables, runs, studies, cycles and bundles are written in; any other one is refused, not read in part.

Raise `FORMAT` when a key of any of these records gets another name or another meaning.
"""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from headrace.errors import HeadraceError

FORMAT = 4
# Records that were written before formats were numbered.
UNNUMBERED = 1


class NumberedRecord(BaseModel):
    """A record that names its format."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT


def require_format(content: bytes | str, what: str, fix: str, error: type[HeadraceError]) -> None:
    """Make sure that a record has the format of this version of Headrace.

    Content that is not a JSON object is left to the reader of the record, which says what it expects.

    Args:
        content: the record as JSON.
        what: subject of the message, such as `The run /runs/first`.
        fix: what the user can do, such as `name another train.run`.

    Raises:
        HeadraceError: of the class `error`; the record has another format.
    """
    found = _format(content)
    if found is None or found == FORMAT:
        return
    writer = "an older" if isinstance(found, int) and found < FORMAT else "a newer"
    raise error(
        f"{what} has format {found}, written by {writer} version of Headrace; this version reads format {FORMAT}; "
        f"{fix}."
    )


def _format(content: bytes | str) -> Any:
    try:
        record = json.loads(content)
    except ValueError:
        return None
    return record.get("format", UNNUMBERED) if isinstance(record, dict) else None
