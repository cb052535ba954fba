"""Read the table version that a journal recorded, and detect that its table was replaced since."""

from headrace.errors import DataError
from headrace.table import Version, read
from headrace.table.transaction_log import newest_number


def find_recorded(table: str, number: int, content_id: str) -> Version | None:
    """Return version `number` of `table`; None if the table was replaced since, and has other rows under that number.

    Args:
        content_id: identifier of the shards that were recorded; empty if the record is of an older cycle.

    Raises:
        DataError: there is no table.
    """
    newest = newest_number(table)
    if newest is not None and number > newest:
        return None
    version = read(table, number)
    return version if content_id in ("", version.content_id) else None


def read_recorded(table: str, number: int, content_id: str, hint: str) -> Version:
    """Return version `number` of `table`, with the rows that were recorded.

    Args:
        hint: where the version was recorded, and what to do instead of restoring the table.

    Raises:
        DataError: there is no table, or it was replaced since.
    """
    version = find_recorded(table, number, content_id)
    if version is None:
        raise DataError(
            f"{table} no longer has version {number} with the rows {hint}. The table was replaced by another "
            "or by an older copy."
        )
    return version
