"""Decide whether an image is small enough to be enlarged with visible pixels."""

import base64
import struct

SMALL_SIDE = 96


def is_pixelated(png: str | None) -> bool:
    """Return whether a base64 PNG is so small that pages show it enlarged."""
    # Bytes 16 to 23 of a PNG are its width and height; 32 characters of base64 encode 24 bytes.
    header = base64.b64decode((png or "")[:32])
    return len(header) == 24 and max(struct.unpack(">II", header[16:])) < SMALL_SIDE
