"""Why a record was not written. A rejected record keeps its path and its reason; its bytes stay where they are."""

from enum import StrEnum


class Reason(StrEnum):
    """The closed list of reasons."""

    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    DAMAGED = "damaged"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    UNKNOWN_RANGE = "unknown_range"
    NO_CLASS = "no_class"


class RejectedRecordError(Exception):
    """Raised where a record turns out to be unusable."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = " ".join(detail.split())[:300]
