"""Rendering of the images of mistakes."""

import base64
import struct

SMALL_SIDE = 96


def is_pixelated(png: str | None) -> bool:
    """Return whether a base64 PNG is so small that it is shown enlarged."""
    # Width and height stand in bytes 16 to 23 of every PNG; 32 characters of base64 hold 24 bytes.
    header = base64.b64decode((png or "")[:32])
    return len(header) == 24 and max(struct.unpack(">II", header[16:])) < SMALL_SIDE
