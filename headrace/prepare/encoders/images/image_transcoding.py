"""Decode images, convert them to the configured mode and size, and encode them.

Every variety of image (EXIF orientation, palettes, alpha, CMYK, 16 bits, animation) becomes one array of uint8,
(height, width, channels).
"""

import io
import re
import warnings
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.Image import Image as PillowImage

from headrace.config.configuration_model import Image
from headrace.prepare.encoders.images.file_damage.concatenated_images_and_surplus_rows import holds_another_image
from headrace.prepare.encoders.images.file_damage.ignored_image_content import ImageFinding
from headrace.prepare.encoders.images.file_damage.jpeg_truncation_and_metadata import IN_HEADER
from headrace.prepare.encoders.images.file_damage.jpeg_warnings_crlf_and_zeroed_blocks import (
    find_jpeg_warning,
    find_newline_damage,
    has_all_pixels,
)
from headrace.prepare.encoders.images.file_damage.png_chunks import SIGNATURE, damaged_chunk
from headrace.prepare.encoders.images.file_damage.tiff_missing_strips_and_jpeg_streams import (
    missing_strips,
    tiff_jpeg_streams,
)
from headrace.prepare.encoders.images.file_damage.truncation_and_metadata_removal_by_format import (
    GIF,
    JPEG,
    PNG,
    TIFF,
    find_structure,
)
from headrace.prepare.encoders.images.opencv_shrink import shrink
from headrace.prepare.encoders.images.pillow_decoder import DecodedImage, check_size, decode_file, missing_pixels_filled
from headrace.prepare.encoders.images.resize import RESIZE
from headrace.prepare.encoders.images.turbojpeg_codec import decode_jpeg, encode_jpeg, fast_path_size, may_need_rotation
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError

Pixels = NDArray[np.uint8]

# Rejections of Pillow's that metadata may have caused; misread lengths can claim any size.
UNDECODABLE = (Reason.DAMAGED, Reason.NOT_AN_IMAGE, Reason.TOO_MANY_PIXELS)
RAW_PREVIEW = "the format is that of a camera raw file, of which only a small preview can be read; convert it to TIFF"
# Pillow's messages about files that end early, for formats without an end mark.
TRUNCATION_MESSAGE = re.compile("truncated|not enough image data|reached eof", re.IGNORECASE)


def decode(data: bytes, spec: Image) -> Pixels:
    """Return the pixels of an image file in the mode and size of `spec`, uint8, (height, width, channels).

    Damaged metadata is ignored, except that it may still give the orientation.

    Raises:
        RejectedRecordError: `data` is empty, not an image, damaged, truncated, or exceeds the limits in `spec`.
    """
    return decode_image(data, spec).pixels


class DecodedFile(NamedTuple):
    """The pixels as `decode` returns them, and the content of the file that they do not show.

    Attributes:
        grey_bits: for 16-bit grey, how many bits its values use; see `used_bits`.
        colour_bits: the same for 16-bit colours.
        findings: what the pixels do not show.
    """

    pixels: Pixels
    grey_bits: int | None = None
    colour_bits: int | None = None
    findings: frozenset[ImageFinding] = frozenset()


def decode_image(data: bytes, spec: Image) -> DecodedFile:
    """Return the pixels as `decode` does, with the content that they do not show; raise as `decode` does."""
    if not data:
        raise RejectedRecordError(Reason.EMPTY, "the file has no bytes")
    if len(data) > spec.max_bytes:
        raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{len(data)} bytes, the limit is {spec.max_bytes}")
    with warnings.catch_warnings():
        # A record is either accepted or rejected; a warning would name neither the file nor a fix.
        warnings.simplefilter("ignore")
        decoded = _decode_image(data, spec)
    findings = decoded.findings | ({ImageFinding.JOINED} if holds_another_image(data) else set())
    if isinstance(decoded.image, PillowImage):
        if decoded.is_preview:
            raise RejectedRecordError(Reason.NOT_AN_IMAGE, RAW_PREVIEW)
        pixels = _resize_to_spec(decoded.image, spec)
        return DecodedFile(pixels, decoded.grey_bits, decoded.colour_bits, findings)
    small = shrink(decoded.image, spec)
    return DecodedFile(conform(decoded.image, spec) if small is None else small, findings=findings)


def conform(pixels: Pixels, spec: Image) -> Pixels:
    """Return `pixels`, uint8, (height, width, 1 or 3), in the mode and size of `spec`."""
    image = PIL.Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    return _resize_to_spec(image if image.mode == spec.mode else image.convert(spec.mode), spec)


def check_pixels(pixels: Pixels, spec: Image) -> Pixels:
    """Return `pixels`, (height, width, channels), unchanged; check the size of raw pixels, which have no file header.

    Raises:
        RejectedRecordError: the number of pixels or the aspect ratio exceeds the limits in `spec`.
    """
    check_size(pixels.shape[1], pixels.shape[0], spec)
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


def _decode_image(data: bytes, spec: Image) -> DecodedImage:
    size = fast_path_size(data)
    # Reading a file's metadata with Pillow would take as long as all other bookkeeping of preparation.
    pixels = None if size is None or may_need_rotation(data) else _decode_fast_jpeg(data, size, spec)
    if pixels is not None:
        return DecodedImage(pixels)
    known = find_structure(data)
    end = known.missing_end(data) if known.missing_end else None
    if end is not None:
        return _decode_truncated(data, spec, end)
    _check_damage(data, spec)
    try:
        decoded = decode_file(data, size, spec)
    except RejectedRecordError as rejection:
        if rejection.reason not in UNDECODABLE:
            raise
        return _decode_undecodable(data, spec, rejection)
    return _check_jpeg_warnings(decoded, data, spec)


def _check_jpeg_warnings(decoded: DecodedImage, data: bytes, spec: Image) -> DecodedImage:
    """Return what Pillow has decoded of `data` with the damage of JPEG data, also in TIFF files, that Pillow ignores.

    Raises:
        RejectedRecordError: pixels are missing or wrong, and `spec` does not accept this.
    """
    found = [find_jpeg_warning(one, spec.max_pixels) for one in _jpeg_streams(data)]
    if not found:
        return decoded
    damage = next((one.damage for one in found if one.damage), None)
    if damage and spec.truncated == "reject":
        detail = f"{damage}; pixels are missing or wrong; prepare.image.truncated can accept such files"
        raise RejectedRecordError(Reason.DAMAGED, detail)
    extra = {ImageFinding.EXTRA_BYTES} if any(one.extra_bytes for one in found) else set()
    return decoded._replace(findings=decoded.findings | extra)


def _jpeg_streams(data: bytes) -> Iterator[bytes]:
    known = find_structure(data)
    if known is JPEG:
        yield data
    elif known is TIFF:
        yield from tiff_jpeg_streams(data)


def _check_damage(data: bytes, spec: Image) -> None:
    """Raise for damage that decoders do not notice.

    Raises:
        RejectedRecordError: the checksum of a PNG chunk is wrong, the line feeds of the file were changed, or a
            TIFF file lacks strips.
    """
    chunk = damaged_chunk(data) if data.startswith(SIGNATURE) else None
    if chunk is not None:
        raise RejectedRecordError(Reason.DAMAGED, f"the checksum of the chunk {chunk} is wrong")
    damage = find_newline_damage(data, spec.max_pixels)
    if damage is None and spec.truncated == "reject" and find_structure(data) is TIFF:
        damage = missing_strips(data)
    if damage is not None:
        raise RejectedRecordError(Reason.DAMAGED, damage)


def _decode_undecodable(data: bytes, spec: Image, rejection: RejectedRecordError) -> DecodedImage:
    """Decode a file that Pillow refuses, without its metadata; raise its rejection, or one for a truncated file."""
    known = find_structure(data)
    end = known.ends_early(data) if known.ends_early else None
    bare = known.without_metadata(data) if known.without_metadata and end is None else data
    if bare != data:
        try:
            decoded = decode_file(bare, fast_path_size(bare), spec)
        except RejectedRecordError as second:
            rejection = second
        else:
            return _check_jpeg_warnings(decoded, bare, spec)
    if end is None and known.missing_end is None and TRUNCATION_MESSAGE.search(rejection.detail):
        end = "the file ends before its last pixel"
    if end is None:
        raise rejection
    return _decode_truncated(data, spec, end)


def _decode_truncated(data: bytes, spec: Image, end: str) -> DecodedImage:
    """Decode a file that ends early, if `spec` accepts it.

    Args:
        end: where the file ends.
    """
    if end == IN_HEADER:
        raise RejectedRecordError(Reason.TRUNCATED, f"{end}, before its first pixel")
    if spec.truncated == "reject":
        whole = _has_all_pixels(data, spec)
        lacks = "only the end mark is missing, no pixel" if whole else "pixels are missing or damaged"
        raise RejectedRecordError(Reason.TRUNCATED, f"{end}; {lacks}; prepare.image.truncated can accept such files")
    known = find_structure(data)
    bare = known.without_metadata(data) if known.without_metadata else data
    try:
        with missing_pixels_filled():
            return decode_file(bare, fast_path_size(bare), spec)
    except RejectedRecordError as rejection:
        if rejection.reason not in UNDECODABLE:
            raise
        detail = f"{end}; the decoder recovers no image: {rejection.detail}"
        raise RejectedRecordError(Reason.TRUNCATED, detail) from rejection


def _has_all_pixels(data: bytes, spec: Image) -> bool:
    """Return whether a file that ends early has all pixels of its first image, as far as its decoder can tell."""
    if find_structure(data) not in (PNG, GIF):
        return find_structure(data) is JPEG and has_all_pixels(data, spec.max_pixels)
    try:
        decode_file(data, None, spec)
    except RejectedRecordError:
        return False
    return True


def _decode_fast_jpeg(data: bytes, size: tuple[int, int], spec: Image) -> Pixels | None:
    height, width = size
    check_size(width, height, spec)
    return decode_jpeg(data, spec)


def _resize_to_spec(image: PillowImage, spec: Image) -> Pixels:
    height, width = spec.size
    pixels = np.asarray(RESIZE[spec.resize](image, (width, height)))
    return pixels[:, :, None] if pixels.ndim == 2 else pixels
