"""Find rows of a split that the model, or the models its weights come from, were trained on."""

import logging
from collections.abc import Iterable
from contextlib import suppress

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from headrace.bundle import TrainingData
from headrace.errors import DataError, HeadraceError
from headrace.storage import locate
from headrace.table import Version, read
from headrace.table.rows_seen_in_training import SplitRows

log = logging.getLogger(__name__)


class TrainingOverlap(BaseModel):
    """The rows of a split that a model was trained on.

    Attributes:
        rows: number of these rows.
        total: number of all rows of the split.
        example: path of one of them; empty if there is none.
        unread: training data that cannot be read any more, with the cause; its rows are not compared.
    """

    model_config = ConfigDict(frozen=True)

    rows: int
    total: int
    example: str = ""
    unread: tuple[str, ...] = ()

    def __str__(self) -> str:
        example = f", such as {self.example!r}" if self.rows else ""
        unread = f"; not compared: {'; '.join(self.unread)}" if self.unread else ""
        return f"{self.rows:,} of {self.total:,} rows{example}{unread}"


def training_overlap(trained_on: Iterable[TrainingData], version: Version, split: str) -> TrainingOverlap:
    """Compare the rows of `split` of `version`, by identity and content, with all training rows.

    Raises:
        DataError: the version has no such split, or one of its shards cannot be read.
    """
    try:
        rows = SplitRows(version, split)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"The rows of {version.table} cannot be read: {_one_line(error)}") from error
    unread: list[str] = []
    for data in dict.fromkeys(trained_on):
        try:
            rows.compare(_find(data, version))
        except (HeadraceError, OSError, pa.ArrowInvalid) as error:
            unread.append(f"version {data.version} of {data.table} ({_one_line(error)})")
    found = rows.found
    example = found[0] if found else ""
    return TrainingOverlap(rows=len(found), total=rows.rows, example=example, unread=tuple(unread))


def warn_of_overlap(overlap: TrainingOverlap, subject: str, split: str) -> None:
    """Log the number of rows that `subject` was trained on, and training data that could not be compared."""
    if overlap.rows:
        log.warning(
            "%s was trained on rows of the %s split: %s. Its metrics are better than on new data: evaluate on rows "
            "that no training has used.", subject, split, overlap,
        )  # fmt: skip
    elif overlap.unread:
        log.warning(
            "It is not known whether %s was trained on rows of the %s split; not compared: %s.",
            subject, split, "; ".join(overlap.unread),
        )  # fmt: skip


def _find(data: TrainingData, version: Version) -> Version:
    """Return the version that was trained on, at its recorded path or in the table of `version` if that is the same.

    Raises:
        DataError: it no longer exists.
    """
    if data.table_id and data.table_id == version.table_id:
        # A copy of the table may have no version of this number, or another one.
        with suppress(DataError):
            found = read(version.table, data.version)
            if _is_same(data, found):
                return found
    found = read(locate(data.table), data.version)
    if not _is_same(data, found):
        raise DataError("another table, or a version with other rows, is at this path now")
    return found


def _is_same(data: TrainingData, found: Version) -> bool:
    """Return whether the version that was found is the one that was trained on; copies of a table may differ."""
    return data.table_id in ("", found.table_id) and data.content_id in ("", found.content_id)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200].rstrip(".")
