"""Bytes of an image file -> pixels in the configured form -> stored bytes. No Spark, no files.

Whatever a camera or a designer made of it (EXIF orientation, palettes, alpha, CMYK, 16 bits, animation)
comes out as one array of uint8, (height, width, channels).
"""

import io
import struct
import warnings
import zlib

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ExifTags, UnidentifiedImageError
from PIL.Image import Image as PillowImage
from PIL.Image import Transpose

from headrace.config.configuration import Image
from headrace.prepare.encoders.jpeg import decode_jpeg, encode_jpeg, fast_path_size, may_need_rotation, shrink
from headrace.prepare.encoders.resize import RESIZE
from headrace.prepare.rejection import Reason, RejectedRecordError

Pixels = NDArray[np.uint8]

# Pillow knows forty more; some guess at bytes that are no image, and for PostScript it runs another program.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")

# What Pillow's decoders raise on damaged input.
DAMAGE = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
)

# What an EXIF orientation asks for; 1 and unknown ones ask for nothing.
EXIF_TRANSPOSE = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


def decode(data: bytes, form: Image) -> Pixels:
    """Pixels of `data` in `form`, uint8, (height, width, channels).

    Raises:
        RejectedRecordError: the bytes are empty, no image, damaged, or beyond the limits in `form`.
    """
    if not data:
        raise RejectedRecordError(Reason.EMPTY, "the file has no bytes")
    if len(data) > form.max_bytes:
        raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{len(data)} bytes, the limit is {form.max_bytes}")
    with warnings.catch_warnings():
        # A record is taken or rejected; a warning would name neither the file nor a remedy.
        warnings.simplefilter("ignore")
        decoded = _decoded(data, form)
    if isinstance(decoded, PillowImage):
        return _sized(decoded, form)
    small = shrink(decoded, form)
    return conform(decoded, form) if small is None else small


def conform(pixels: Pixels, form: Image) -> Pixels:
    """`pixels`, uint8, (height, width, 1 or 3), in `form`."""
    image = PIL.Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    return _sized(_in_mode(image, form.mode), form)


def check_pixels(pixels: Pixels, form: Image) -> Pixels:
    """Return `pixels`, (height, width, channels), which came without a file's header.

    Raises:
        RejectedRecordError: there are more of them, or longer rows or columns of them, than `form` allows.
    """
    _check_size(pixels.shape[1], pixels.shape[0], form)
    return pixels


def encode(pixels: Pixels, form: Image) -> bytes:
    """The bytes to store for `pixels`, by `form.codec`."""
    if form.stored_as == "raw":
        return pixels.tobytes()
    if form.stored_as == "jpeg":
        return encode_jpeg(pixels, form.quality)
    image = PIL.Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    buffer = io.BytesIO()
    image.save(buffer, form.stored_as)
    return buffer.getvalue()


def _decoded(data: bytes, form: Image) -> PillowImage | Pixels:
    size = fast_path_size(data)
    # Pillow takes as long to read what stands around a picture as preparation takes for all of its bookkeeping.
    pixels = None if size is None or may_need_rotation(data) else _decoded_jpeg(data, size, form)
    if pixels is not None:
        return pixels
    try:
        image = PIL.Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(image.width, image.height, form)
        if size is not None and image.format == "JPEG" and _orientation(image) not in EXIF_TRANSPOSE:
            pixels = decode_jpeg(data, form)
            if pixels is not None:
                return pixels
        image.load()
        return _in_mode(_upright(image), form.mode)
    except UnidentifiedImageError:
        raise RejectedRecordError(Reason.NOT_AN_IMAGE, f"begins with {data[:16]!r}") from None
    except PIL.Image.DecompressionBombError as error:
        raise RejectedRecordError(Reason.TOO_MANY_PIXELS, str(error)) from error
    except DAMAGE as error:
        raise RejectedRecordError(Reason.DAMAGED, str(error) or type(error).__name__) from error


def _decoded_jpeg(data: bytes, size: tuple[int, int], form: Image) -> Pixels | None:
    height, width = size
    _check_size(width, height, form)
    return decode_jpeg(data, form)


def _sized(image: PillowImage, form: Image) -> Pixels:
    height, width = form.size
    pixels = np.asarray(RESIZE[form.resize](image, (width, height)))
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _check_size(width: int, height: int, form: Image) -> None:
    if width * height > form.max_pixels:
        detail = f"{width} x {height} pixels, the limit is {form.max_pixels}"
        raise RejectedRecordError(Reason.TOO_MANY_PIXELS, detail)
    if form.max_aspect is not None and max(width, height) > form.max_aspect * min(width, height):
        detail = f"{width} x {height} pixels, the longer side may be {form.max_aspect:g} times the shorter"
        raise RejectedRecordError(Reason.BAD_ASPECT, detail)


def _upright(image: PillowImage) -> PillowImage:
    # Not ImageOps.exif_transpose: it also writes all EXIF anew, and fails where a camera left something odd there.
    method = EXIF_TRANSPOSE.get(_orientation(image))
    return image if method is None else image.transpose(method)


def _orientation(image: PillowImage) -> int:
    orientation: int = image.getexif().get(ExifTags.Base.Orientation, 1)
    return orientation


def _in_mode(image: PillowImage, mode: str) -> PillowImage:
    if image.mode.startswith("I") or image.mode == "F":
        image = _of_eight_bits(image)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = PIL.Image.alpha_composite(PIL.Image.new("RGBA", image.size, "white"), image)
    if image.mode == mode:
        return image
    # By way of RGB, because Pillow has no way from some modes, such as LAB, to grey.
    return image.convert("RGB").convert(mode)


def _of_eight_bits(image: PillowImage) -> PillowImage:
    """The upper byte of 16-bit grey, as Pillow itself takes it of 16-bit colours; black at 0, white at 65,535."""
    values = np.asarray(image)
    if image.mode == "F" or values.min() < 0 or values.max() > 65_535:
        detail = "more than 16 bits a pixel, and nothing says which value is white"
        raise RejectedRecordError(Reason.UNKNOWN_RANGE, detail)
    return PIL.Image.fromarray((values.astype(np.uint16) >> 8).astype(np.uint8))
