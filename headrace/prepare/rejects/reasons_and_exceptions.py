"""Reasons of rejection, and the exceptions that carry them."""

from enum import StrEnum


class Reason(StrEnum):
    """Reason for a rejection; the list is closed."""

    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    DAMAGED = "damaged"
    TRUNCATED = "truncated"
    ENCRYPTED = "encrypted"
    DAMAGED_ARCHIVE = "damaged_archive"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    UNKNOWN_RANGE = "unknown_range"
    BAD_ASPECT = "bad_aspect"
    NO_LABEL = "no_label"
    BAD_LABEL = "bad_label"
    BAD_SPLIT = "bad_split"
    BAD_WEIGHT = "bad_weight"
    NOT_AUDIO = "not_audio"
    SILENT = "silent"
    CLIPPED = "clipped"
    NOT_TEXT = "not_text"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    OTHER_LANGUAGE = "other_language"
    UNSAFE_NAME = "unsafe_name"
    REPEATED_NAME = "repeated_name"
    MISSING_FILE = "missing_file"
    NESTED_ARCHIVE = "nested_archive"
    GAP = "gap"
    BAD_TIME = "bad_time"
    BAD_VALUE = "bad_value"
    SHORT_SERIES = "short_series"


class RejectedRecordError(Exception):
    """Raised when a record cannot be used; `detail` is one line of at most 300 characters."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = " ".join(detail.split())[:300]

    def __reduce__(self) -> tuple[type["RejectedRecordError"], tuple[Reason, str]]:
        """Return how to restore the error, which the driver sends to tasks of Spark."""
        return RejectedRecordError, (self.reason, self.detail)


class UnreadArchiveError(RejectedRecordError):
    """Raised for all that cannot be read of a damaged archive: one record, however many it held.

    Attributes:
        unread: bytes of the archive that were not read, at least; 0 if the number is unknown.
        size: bytes of the archive.
    """

    def __init__(self, detail: str, unread: int, size: int) -> None:
        self.unread, self.size = max(0, unread), size
        lost = f"at least {self.unread:,} of its {size:,} bytes were" if self.unread else "an unknown part of it was"
        super().__init__(Reason.DAMAGED_ARCHIVE, f"{lost} not read: {detail}")
