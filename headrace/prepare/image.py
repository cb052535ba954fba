"""Bytes of an image file -> pixels in the configured form -> stored bytes. No Spark, no files.

Whatever a camera or a designer made of it (EXIF orientation, palettes, alpha, CMYK, 16 bits, animation)
comes out as one array of uint8, (height, width, channels).
"""

import io
import struct
import warnings
import zlib
from collections.abc import Callable

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageOps, UnidentifiedImageError
from PIL.Image import Image as PillowImage

from headrace.config.sections import Image
from headrace.prepare.reject import Reason, RejectedRecordError

Pixels = NDArray[np.uint8]

# What Pillow's decoders raise on damaged input.
DAMAGE = (OSError, SyntaxError, ValueError, IndexError, KeyError, EOFError, OverflowError, struct.error, zlib.error)


def decode(data: bytes, form: Image) -> Pixels:
    """Pixels of `data` in `form`, uint8, (height, width, channels).

    Raises:
        RejectedRecordError: the bytes are empty, no image, damaged, or beyond the limits in `form`.
    """
    if not data:
        raise RejectedRecordError(Reason.EMPTY, "the file has no bytes")
    if len(data) > form.max_bytes:
        raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{len(data)} bytes, the limit is {form.max_bytes}")
    image = _open(data, form)
    try:
        image.load()
        image = _in_mode(ImageOps.exif_transpose(image), form.mode)
    except DAMAGE as error:
        raise RejectedRecordError(Reason.DAMAGED, str(error) or type(error).__name__) from error
    height, width = form.size
    pixels = np.asarray(RESIZE[form.resize](image, (width, height)))
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def encode(pixels: Pixels, form: Image) -> bytes:
    """The bytes to store for `pixels`, by `form.codec`."""
    if form.codec == "raw":
        return pixels.tobytes()
    image = PIL.Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    buffer = io.BytesIO()
    image.save(buffer, form.codec, **({"quality": form.quality} if form.codec == "jpeg" else {}))
    return buffer.getvalue()


def _open(data: bytes, form: Image) -> PillowImage:
    try:
        with warnings.catch_warnings():
            # The size is checked below, against the configured limit instead of Pillow's.
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
            image = PIL.Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        raise RejectedRecordError(Reason.NOT_AN_IMAGE, f"begins with {data[:16]!r}") from None
    except PIL.Image.DecompressionBombError as error:
        raise RejectedRecordError(Reason.TOO_MANY_PIXELS, str(error)) from error
    except DAMAGE as error:
        raise RejectedRecordError(Reason.DAMAGED, str(error) or type(error).__name__) from error
    if image.width * image.height > form.max_pixels:
        detail = f"{image.width} x {image.height} pixels, the limit is {form.max_pixels}"
        raise RejectedRecordError(Reason.TOO_MANY_PIXELS, detail)
    return image


def _in_mode(image: PillowImage, mode: str) -> PillowImage:
    if image.mode == mode:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        # Pillow clips 16-bit values to 255; the upper byte is what an 8-bit image would have held.
        image = PIL.Image.fromarray((np.asarray(image, dtype=np.float64) / 257.0).clip(0, 255).astype(np.uint8))
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = PIL.Image.alpha_composite(PIL.Image.new("RGBA", image.size, "white"), image)
    return image.convert(mode)


def _crop(image: PillowImage, size: tuple[int, int]) -> PillowImage:
    return image if image.size == size else ImageOps.fit(image, size, PIL.Image.Resampling.LANCZOS)


def _fit(image: PillowImage, size: tuple[int, int]) -> PillowImage:
    return image if image.size == size else ImageOps.pad(image, size, PIL.Image.Resampling.LANCZOS)


def _pad(image: PillowImage, size: tuple[int, int]) -> PillowImage:
    if image.width > size[0] or image.height > size[1]:
        return _fit(image, size)
    canvas = PIL.Image.new(image.mode, size)
    canvas.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return canvas


def _stretch(image: PillowImage, size: tuple[int, int]) -> PillowImage:
    return image if image.size == size else image.resize(size, PIL.Image.Resampling.LANCZOS)


RESIZE: dict[str, Callable[[PillowImage, tuple[int, int]], PillowImage]] = {
    "crop": _crop,
    "fit": _fit,
    "pad": _pad,
    "stretch": _stretch,
}
