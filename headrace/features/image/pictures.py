"""Stored images as pictures."""

import io

from PIL import Image

from headrace.contract import Column

MODES = {1: "L", 3: "RGB"}


def open_picture(payload: bytes, column: Column) -> Image.Image:
    """See `PicturesInterface`."""
    if column.codec != "raw":
        return Image.open(io.BytesIO(payload))
    height, width, channels = column.image_shape
    return Image.frombytes(MODES[channels], (width, height), payload)
