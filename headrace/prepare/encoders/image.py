"""Decode image files to pixels of the configured mode and size, and encode these; independent of Spark.

Every variety of image (EXIF orientation, palettes, alpha, CMYK, 16 bits, animation) becomes one array of uint8,
(height, width, channels).
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

# Pillow supports forty more, but some accept bytes that are not an image, and PostScript runs another program.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")

# Exceptions that Pillow's decoders raise on damaged input.
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

# Operation that undoes an EXIF orientation; 1 and unknown values need none.
EXIF_TRANSPOSE = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


def decode(data: bytes, spec: Image) -> Pixels:
    """Return the pixels of an image file in the mode and size of `spec`, uint8, (height, width, channels).

    Raises:
        RejectedRecordError: `data` is empty, not an image, damaged, or exceeds the limits in `spec`.
    """
    if not data:
        raise RejectedRecordError(Reason.EMPTY, "the file has no bytes")
    if len(data) > spec.max_bytes:
        raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{len(data)} bytes, the limit is {spec.max_bytes}")
    with warnings.catch_warnings():
        # A record is either accepted or rejected; a warning would name neither the file nor a fix.
        warnings.simplefilter("ignore")
        decoded = _decode_image(data, spec)
    if isinstance(decoded, PillowImage):
        return _resize_to_spec(decoded, spec)
    small = shrink(decoded, spec)
    return conform(decoded, spec) if small is None else small


def conform(pixels: Pixels, spec: Image) -> Pixels:
    """Return `pixels`, uint8, (height, width, 1 or 3), in the mode and size of `spec`."""
    image = PIL.Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    return _resize_to_spec(_convert_mode(image, spec.mode), spec)


def check_pixels(pixels: Pixels, spec: Image) -> Pixels:
    """Return `pixels`, (height, width, channels), unchanged; check the size of raw pixels, which have no file header.

    Raises:
        RejectedRecordError: the number of pixels or the aspect ratio exceeds the limits in `spec`.
    """
    _check_size(pixels.shape[1], pixels.shape[0], spec)
    return pixels


def encode(pixels: Pixels, spec: Image) -> bytes:
    """Return the bytes that are stored for `pixels`, in the format `spec.stored_as`."""
    if spec.stored_as == "raw":
        return pixels.tobytes()
    if spec.stored_as == "jpeg":
        return encode_jpeg(pixels, spec.quality)
    image = PIL.Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    buffer = io.BytesIO()
    image.save(buffer, spec.stored_as)
    return buffer.getvalue()


def _decode_image(data: bytes, spec: Image) -> PillowImage | Pixels:
    size = fast_path_size(data)
    # Pillow takes as long to read a file's metadata as preparation takes for all of its bookkeeping.
    pixels = None if size is None or may_need_rotation(data) else _decode_fast_jpeg(data, size, spec)
    if pixels is not None:
        return pixels
    try:
        image = PIL.Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(image.width, image.height, spec)
        if size is not None and image.format == "JPEG" and _read_orientation(image) not in EXIF_TRANSPOSE:
            pixels = decode_jpeg(data, spec)
            if pixels is not None:
                return pixels
        image.load()
        return _convert_mode(_apply_orientation(image), spec.mode)
    except UnidentifiedImageError:
        raise RejectedRecordError(Reason.NOT_AN_IMAGE, f"the file begins with {data[:16]!r}") from None
    except PIL.Image.DecompressionBombError as error:
        raise RejectedRecordError(Reason.TOO_MANY_PIXELS, str(error)) from error
    except DAMAGE as error:
        raise RejectedRecordError(Reason.DAMAGED, str(error) or type(error).__name__) from error


def _decode_fast_jpeg(data: bytes, size: tuple[int, int], spec: Image) -> Pixels | None:
    height, width = size
    _check_size(width, height, spec)
    return decode_jpeg(data, spec)


def _resize_to_spec(image: PillowImage, spec: Image) -> Pixels:
    height, width = spec.size
    pixels = np.asarray(RESIZE[spec.resize](image, (width, height)))
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _check_size(width: int, height: int, spec: Image) -> None:
    if width * height > spec.max_pixels:
        detail = f"{width} x {height} pixels, the limit is {spec.max_pixels}"
        raise RejectedRecordError(Reason.TOO_MANY_PIXELS, detail)
    if spec.max_aspect is not None and max(width, height) > spec.max_aspect * min(width, height):
        detail = f"{width} x {height} pixels, the limit of the aspect ratio is {spec.max_aspect:g}"
        raise RejectedRecordError(Reason.BAD_ASPECT, detail)


def _apply_orientation(image: PillowImage) -> PillowImage:
    # Not ImageOps.exif_transpose: it also rewrites all EXIF data, and fails if a camera has written invalid tags.
    method = EXIF_TRANSPOSE.get(_read_orientation(image))
    return image if method is None else image.transpose(method)


def _read_orientation(image: PillowImage) -> int:
    orientation: int = image.getexif().get(ExifTags.Base.Orientation, 1)
    return orientation


def _convert_mode(image: PillowImage, mode: str) -> PillowImage:
    if image.mode.startswith("I") or image.mode == "F":
        image = _to_eight_bits(image)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = PIL.Image.alpha_composite(PIL.Image.new("RGBA", image.size, "white"), image)
    if image.mode == mode:
        return image
    # Convert through RGB, because Pillow cannot convert some modes, such as LAB, to grey.
    return image.convert("RGB").convert(mode)


def _to_eight_bits(image: PillowImage) -> PillowImage:
    """Return the upper byte of 16-bit grey (0 black, 65,535 white), as Pillow does for 16-bit colours."""
    values = np.asarray(image)
    if image.mode == "F" or values.min() < 0 or values.max() > 65_535:
        detail = "more than 16 bits per pixel, and the value of white is unknown"
        raise RejectedRecordError(Reason.UNKNOWN_RANGE, detail)
    return PIL.Image.fromarray((values.astype(np.uint16) >> 8).astype(np.uint8))
