"""Decode mask files: images whose pixels are numbers or colours of classes, and not shades.

Only formats that keep every value are read. The geometry is that of the image: turned, cropped, scaled and filled in
the same way, but each pixel keeps one of the values.
"""

import io
import warnings
from typing import NamedTuple

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import UnidentifiedImageError
from PIL.Image import Image as PillowImage
from PIL.Image import Resampling, Transpose

from headrace.config.configuration_model import Image
from headrace.contract import IGNORED_PIXEL
from headrace.prepare.encoders.images.file_damage.png_chunks import SIGNATURE, damaged_chunk
from headrace.prepare.encoders.images.file_damage.truncation_and_metadata_removal_by_format import find_structure
from headrace.prepare.encoders.images.pillow_decoder import (
    DAMAGE,
    EXIF_TRANSPOSE,
    FORMATS,
    check_size,
    read_orientation,
)
from headrace.prepare.encoders.images.resize import RESIZE
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.wording import file_start

MAX_CLASSES = IGNORED_PIXEL
# Formats that may change values, and what each of them is called.
LOSSY = ("JPEG", "WEBP", "AVIF", "JPEG2000")

Values = NDArray[np.int32]
Indices = NDArray[np.uint8]


class ImageGeometry(NamedTuple):
    """The size of an image as its file stores it, (width, height), and the operation that turns it upright."""

    size: tuple[int, int]
    upright: Transpose | None = None


def read_geometry(data: bytes) -> ImageGeometry:
    """Return the geometry of an image file, from its header.

    Raises:
        RejectedRecordError: the header cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = PIL.Image.open(io.BytesIO(data), formats=FORMATS)
            return ImageGeometry(image.size, EXIF_TRANSPOSE.get(read_orientation(image)))
    except (PIL.Image.DecompressionBombError, *DAMAGE):
        raise _bad("the size of the image, which its mask must have, cannot be read") from None


def read_mask(data: bytes, spec: Image) -> tuple[Values, Transpose | None]:
    """Return the values of a mask's pixels, (height, width), and the operation by which its own EXIF data turns it.

    Of an image with a palette the values are the numbers of its entries. Of colours they are red * 65536 + green * 256
    + blue, minus 2**24, which is below 0; or, if red, green and blue are equal in all pixels, that number.

    Raises:
        RejectedRecordError: it is no image, damaged, too large, transparent, or of a format that changes values.
    """
    if not data:
        raise _bad("the mask is an empty file")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = PIL.Image.open(io.BytesIO(data), formats=FORMATS)
            if image.format in LOSSY or image.info.get("compression") == "jpeg":
                raise _bad(f"the mask is a {image.format} file, which may change its values; save masks as PNG")
            check_size(image.width, image.height, spec)
            _check_damage(data)
            image.load()
            return _values(image), EXIF_TRANSPOSE.get(read_orientation(image))
        except UnidentifiedImageError:
            raise _bad(f"the mask is no image: it begins with {file_start(data)}") from None
        except (PIL.Image.DecompressionBombError, *DAMAGE) as error:
            raise _bad(f"the mask cannot be read: {str(error) or type(error).__name__}") from None


def conform_mask(indices: Indices, geometry: ImageGeometry, own: Transpose | None, spec: Image) -> Indices:
    """Return class indices with the geometry that preparation gives to the image, (height, width) of `spec`.

    A mask without an orientation of its own has a value for each stored pixel of the image, and is turned as the image
    is; if only the size of the upright image fits, it is upright already.

    Args:
        own: operation by which the mask's own EXIF data turns it.

    Raises:
        RejectedRecordError: the mask has another size than the image.
    """
    mask = PIL.Image.fromarray(indices)
    if own is not None:
        mask = mask.transpose(own)
    elif mask.size == geometry.size and geometry.upright is not None:
        mask = mask.transpose(geometry.upright)
    expected = _upright_size(geometry)
    if mask.size != expected:
        raise _bad(f"the mask has {mask.width} x {mask.height} pixels, and its image {expected[0]} x {expected[1]}")
    height, width = spec.size
    return np.asarray(RESIZE[spec.resize](mask, (width, height), Resampling.NEAREST, IGNORED_PIXEL))


def _upright_size(geometry: ImageGeometry) -> tuple[int, int]:
    width, height = geometry.size
    turns = (Transpose.TRANSPOSE, Transpose.TRANSVERSE, Transpose.ROTATE_90, Transpose.ROTATE_270)
    return (height, width) if geometry.upright in turns else (width, height)


def _check_damage(data: bytes) -> None:
    """Raise for damage that decoders do not notice."""
    chunk = damaged_chunk(data) if data.startswith(SIGNATURE) else None
    if chunk is not None:
        raise _bad(f"the mask is damaged: the checksum of the chunk {chunk} is wrong")
    known = find_structure(data)
    end = known.missing_end(data) if known.missing_end else None
    if end is not None:
        raise _bad(f"the mask is damaged: {end}")


def _values(image: PillowImage) -> Values:
    if image.mode in ("1", "L", "P") or image.mode.startswith("I"):
        if "transparency" in image.info and image.mode != "P":
            raise _bad("the mask has a transparent value, and a pixel of a mask has one class; save it without")
        values = np.asarray(image).astype(np.int32)
        if values.min() < 0:
            raise _bad(f"the mask has the value {values.min()}; expected numbers from 0 on")
        return values
    if image.mode in ("LA", "PA", "RGBA"):
        if np.asarray(image.getchannel("A")).min() < 255:
            raise _bad("the mask has transparent pixels, and each pixel of a mask has one class; save it without")
        image = image.convert("L" if image.mode == "LA" else "RGB") if image.mode != "PA" else image.convert("P")
    if image.mode not in ("L", "P", "RGB"):
        raise _bad(f"the mask has pixels of the mode {image.mode}; expected numbers of classes, a palette, or colours")
    pixels = np.asarray(image).astype(np.int32)
    if pixels.ndim == 2:
        return pixels
    if (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all():
        return pixels[..., 0]
    return (pixels[..., 0] << 16) + (pixels[..., 1] << 8) + pixels[..., 2] - 2**24


def _bad(detail: str) -> RejectedRecordError:
    return RejectedRecordError(Reason.BAD_LABEL, detail)
