"""Convert the image structs of Spark to image files."""

import io

import pandas as pd
import PIL.Image
from pyspark.sql import Column
from pyspark.sql.functions import pandas_udf

IMAGE_FIELDS = frozenset(("height", "width", "nChannels", "mode", "data"))
# Pillow's mode, and its name for the order of the bytes, by the type of OpenCV: 8-bit grey, colours, and with alpha.
MODES = {0: ("L", "L"), 16: ("RGB", "BGR"), 24: ("RGBA", "BGRA")}


def image_file(image: Column) -> Column:
    """Return the PNG files of images in the structs of Spark's schema; no bytes where Spark could not decode one."""
    return pandas_udf(encode_images, "binary")(image)


def encode_images(images: pd.DataFrame) -> pd.Series:
    """Return the PNG file of each image; no bytes where there are no pixels, None where there is no image."""
    columns = (images[name] for name in ("height", "width", "mode", "data"))
    return pd.Series([_encode(*cells) for cells in zip(*columns, strict=True)], dtype=object)


def _encode(height: int, width: int, mode: int, data: bytes | None) -> bytes | None:
    if data is None:
        return None
    if mode not in MODES or len(data) == 0:
        return b""
    name, order = MODES[mode]
    file = io.BytesIO()
    # The size of the file does not matter: it is decoded next.
    PIL.Image.frombytes(name, (int(width), int(height)), bytes(data), "raw", order).save(file, "PNG", compress_level=1)
    return file.getvalue()
