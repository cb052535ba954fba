"""Preview image of a stored image: its pixels."""

import io

from PIL import Image

from headrace.contract import Column

MODES = {1: "L", 3: "RGB"}


def to_pil_image(payload: bytes, column: Column) -> Image.Image:
    """See `StoredRowPictureInterface`."""
    if column.codec != "raw":
        return Image.open(io.BytesIO(payload))
    height, width, channels = column.image_shape
    return Image.frombytes(MODES[channels], (width, height), payload)
