"""Find GIF files whose first image has more compressed pixels than its frame, which decoders leave out."""

import io
import struct

import PIL.Image
from PIL import ImageFile

from headrace.prepare.encoders.images.truncation_and_metadata_by_format import (
    GIF_END,
    GIF_IMAGE,
    gif_blocks,
    gif_header_end,
)

SCREEN_HEIGHT = 8
# In the descriptor of an image, after its mark.
TOP, HEIGHT = 3, 7
MAX_SIDE = 2**16 - 1


def has_surplus_pixels(data: bytes) -> bool:
    """Return whether at least one more row of pixels can be decoded than the frame has, as after inserted bytes."""
    found = next(((start, end) for kind, start, end in gif_blocks(data) if kind == GIF_IMAGE), None)
    # If Pillow is to decode files that end early, it would fill the row.
    if found is None or ImageFile.LOAD_TRUNCATED_IMAGES:
        return False
    header, image = bytearray(data[: gif_header_end(data)]), bytearray(data[slice(*found)])
    top, height = (int(struct.unpack_from("<H", image, offset)[0]) for offset in (TOP, HEIGHT))
    if top + height >= MAX_SIDE:
        return False
    struct.pack_into("<H", image, HEIGHT, height + 1)
    struct.pack_into("<H", header, SCREEN_HEIGHT, top + height + 1)
    try:
        with PIL.Image.open(io.BytesIO(bytes(header + image) + GIF_END), formats=("GIF",)) as higher:
            higher.load()
    except (OSError, EOFError, SyntaxError, ValueError):
        return False
    return True
