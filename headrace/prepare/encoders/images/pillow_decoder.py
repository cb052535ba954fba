"""Decode image files with Pillow: upright, in the configured mode, and with all pixels or not at all."""

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ExifTags, ImageFile, UnidentifiedImageError
from PIL.Image import Image as PillowImage
from PIL.Image import Transpose

from headrace.config.configuration_model import Image
from headrace.engines.quiet_libtiff import quiet_libtiff
from headrace.prepare.encoders.file_signatures import image_name, name_format
from headrace.prepare.encoders.images.file_damage.ignored_image_content import (
    ImageFinding,
    find_hidden,
    has_inverted_grey,
    has_signed_bytes,
    is_raw_preview,
    stored_colour_bits,
)
from headrace.prepare.encoders.images.grey_depth import to_eight_bits, used_bits
from headrace.prepare.encoders.images.turbojpeg_codec import decode_jpeg
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.wording import file_start

quiet_libtiff()

Pixels = NDArray[np.uint8]

# Pillow supports forty more, but some accept bytes that are not an image, and PostScript runs another program.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")

# The first marker of a JPEG file; the next one follows at once.
START_OF_JPEG = b"\xff\xd8"

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


class DecodedImage(NamedTuple):
    """A decoded image before it is resized: upright, in the configured mode (except JPEG files of the fast path).

    Attributes:
        grey_bits: for 16-bit grey, the number of bits that its values use; see `used_bits`.
        colour_bits: for 16-bit colours, the number of bits that their values use.
        findings: what the pixels do not show.
        is_preview: whether this is only the preview in a camera raw file.
    """

    image: PillowImage | Pixels
    grey_bits: int | None = None
    colour_bits: int | None = None
    findings: frozenset[ImageFinding] = frozenset()
    is_preview: bool = False


def decode_file(data: bytes, size: tuple[int, int] | None, spec: Image) -> DecodedImage:
    """Decode an image file with Pillow.

    Args:
        size: height and width, for a file whose pixels libjpeg-turbo can decode; else None.

    Raises:
        RejectedRecordError: Pillow cannot decode it, or it exceeds the limits in `spec`.
    """
    try:
        image = PIL.Image.open(io.BytesIO(data), formats=FORMATS)
        check_size(image.width, image.height, spec)
        if size is not None and image.format == "JPEG" and read_orientation(image) not in EXIF_TRANSPOSE:
            pixels = decode_jpeg(data, spec)
            if pixels is not None:
                return DecodedImage(pixels)
        if has_signed_bytes(image):
            detail = "signed numbers of 8 bits, which would be read as unsigned ones; save them unsigned, or of 16 bits"
            raise RejectedRecordError(Reason.UNKNOWN_RANGE, detail)
        image.load()
        converted, grey_bits = _convert_mode(_apply_orientation(image), spec, inverted=has_inverted_grey(image))
        colour_bits = stored_colour_bits(image, converted, data)
        return DecodedImage(converted, grey_bits, colour_bits, find_hidden(image, data), is_raw_preview(image))
    except UnidentifiedImageError:
        raise RejectedRecordError(Reason.NOT_AN_IMAGE, _describe_unknown(data)) from None
    except PIL.Image.DecompressionBombError as error:
        raise RejectedRecordError(Reason.TOO_MANY_PIXELS, str(error)) from error
    except DAMAGE as error:
        raise RejectedRecordError(Reason.DAMAGED, str(error) or type(error).__name__) from error


def _describe_unknown(data: bytes) -> str:
    name = name_format(data)
    # A file that was cut off after the first marker of JPEG has no more of its format's first bytes.
    format_name = image_name(data) or ("JPEG" if data.startswith(START_OF_JPEG) else None)
    if name is None and format_name is not None:
        return f"the file begins as {format_name} but holds no picture"
    if name is None:
        return f"the file begins with {file_start(data)}"
    return f"the format is {name}; expected one of {', '.join(FORMATS)}"


@contextmanager
def missing_pixels_filled() -> Iterator[None]:
    """Let Pillow decode files that end early. Its switch is global; a task decodes in one thread."""
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def check_size(width: int, height: int, spec: Image) -> None:
    """Raise unless the size of an image is within the limits in `spec`.

    Raises:
        RejectedRecordError: the number of pixels or the aspect ratio exceeds the limits.
    """
    if width * height > spec.max_pixels:
        detail = f"{width} x {height} pixels, the limit is {spec.max_pixels}"
        raise RejectedRecordError(Reason.TOO_MANY_PIXELS, detail)
    if spec.max_aspect is not None and max(width, height) > spec.max_aspect * min(width, height):
        detail = f"{width} x {height} pixels, the limit of the aspect ratio is {spec.max_aspect:g}"
        raise RejectedRecordError(Reason.BAD_ASPECT, detail)


def _apply_orientation(image: PillowImage) -> PillowImage:
    # Not ImageOps.exif_transpose: it also rewrites all EXIF data, and fails if a camera has written invalid tags.
    method = EXIF_TRANSPOSE.get(read_orientation(image))
    return image if method is None else image.transpose(method)


def read_orientation(image: PillowImage) -> int:
    """Return the EXIF orientation; 1, upright, if the metadata cannot be read."""
    try:
        orientation: int = image.getexif().get(ExifTags.Base.Orientation, 1)
    except DAMAGE:
        return 1
    return orientation


def _convert_mode(image: PillowImage, spec: Image, *, inverted: bool) -> tuple[PillowImage, int | None]:
    bits = None
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        grey = to_eight_bits(values, spec.white)
        # Pillow inverts the values only of files with up to 8 bits, such as scans of which 0 is white.
        image, bits = PIL.Image.fromarray(255 - grey if inverted else grey), used_bits(values)
    if image.mode == "La":
        # The only mode that Pillow converts it to.
        image = image.convert("LA")
    if image.mode in ("LA", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = PIL.Image.alpha_composite(PIL.Image.new("RGBA", image.size, "white"), image)
    # Convert through RGB, because Pillow cannot convert some modes, such as LAB, to grey.
    return image if image.mode == spec.mode else image.convert("RGB").convert(spec.mode), bits
