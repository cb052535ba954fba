"""Find content of an image file that decoding ignores, such as further frames; it is warned of, not rejected."""

from enum import StrEnum
from typing import Any

import numpy as np
from PIL.Image import Image as PillowImage
from PIL.TiffImagePlugin import TiffImageFile

from headrace.prepare.encoders.images.file_damage.concatenated_images_and_surplus_rows import has_surplus_pixels
from headrace.prepare.encoders.images.file_damage.jpeg_warnings_crlf_and_zeroed_blocks import has_zeroed_block
from headrace.prepare.encoders.images.file_damage.truncation_and_metadata_removal_by_format import has_frames

# Upper bytes of 16-bit colours whose values use only so many bits.
NARROW_COLOURS = {0: 8, 3: 10, 15: 12, 63: 14}
DEEP = 16
TIFF_BITS_PER_SAMPLE, TIFF_SUBFILE, TIFF_SUB_IFDS = 258, 254, 330
TIFF_PHOTOMETRIC, TIFF_SAMPLES, TIFF_EXTRA_SAMPLES = 262, 277, 338
TIFF_SAMPLE_FORMAT, SIGNED = 339, 2
# Where Pillow has the list of the pictures of a Multi-Picture file, and how it names kinds that are photos each.
PICTURES, PHOTO_KIND = 0xB002, "Multi-Frame Image"
# Samples of a pixel by the photometric interpretation: grey, RGB, palette, CMYK, YCbCr and LAB.
TIFF_COLOURS = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3}
ALPHA = (1, 2)
REDUCED_RESOLUTION = 1
# Where the header of a PNG file has the bits of a sample, before its type: those of colours, and grey with alpha.
PNG_DEPTH, PNG_COLOURS = 24, (2, 4, 6)


class ImageFinding(StrEnum):
    """Finding in an image; the value is the rest of the warning after the number of images."""

    SEVERAL_FRAMES = "several pages or frames, of which only the first is used; if others count, save each as a file"
    TRANSPARENT = "only transparent pixels, which become white; if their colours count, save them without transparency"
    JOINED = "another image joined after the first one, which alone is used; if others count, save each as a file"
    EXTRA_BYTES = "bytes between the last pixel and the end mark, as damaged files do; look at some of them"
    ZEROED = "a block of zeros within the compressed pixels, as damaged files do; look at some of them"
    EXTRA_PIXELS = "more compressed pixels than the frame has, as damaged files do; look at some of them"
    EXTRA_BANDS = "bands beyond their colours, which are not used; if they count, save each as a grey image"


def find_hidden(image: PillowImage, data: bytes) -> frozenset[ImageFinding]:
    """Return the findings in the file `data`, which Pillow has loaded as `image`."""
    several = has_frames(data) if image.format == "GIF" else getattr(image, "is_animated", False)
    found = {
        ImageFinding.SEVERAL_FRAMES: _has_several_photos(image) if image.format == "MPO" else several,
        ImageFinding.TRANSPARENT: _is_clear(image),
        ImageFinding.EXTRA_PIXELS: image.format == "GIF" and has_surplus_pixels(data),
        ImageFinding.ZEROED: has_zeroed_block(data),
        ImageFinding.EXTRA_BANDS: isinstance(image, TiffImageFile) and _has_extra_bands(image),
    }
    return frozenset(finding for finding, applies in found.items() if applies)


def _has_several_photos(image: PillowImage) -> bool:
    """Return whether a JPEG file has several views, as of two lenses, and not a photo with its preview or depth map."""
    pictures = (getattr(image, "mpinfo", None) or {}).get(PICTURES, ())
    return sum(str(one["Attribute"]["MPType"]).startswith(PHOTO_KIND) for one in pictures) > 1


def _is_clear(image: PillowImage) -> bool:
    return image.mode in ("LA", "PA", "RGBA") and image.getchannel("A").getextrema() == (0, 0)


def _has_extra_bands(image: TiffImageFile) -> bool:
    """Return whether a pixel has samples that are neither its colours nor its transparency, such as near infrared."""
    colours = TIFF_COLOURS.get(image.tag_v2.get(TIFF_PHOTOMETRIC, -1))
    if colours is None:
        return False
    kinds = image.tag_v2.get(TIFF_EXTRA_SAMPLES, ())
    alphas = sum(kind in ALPHA for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
    samples: int = image.tag_v2.get(TIFF_SAMPLES, 1)
    return samples > colours + alphas


def has_signed_bytes(image: PillowImage) -> bool:
    """Return whether a TIFF file has signed numbers of 8 bits, which Pillow takes for unsigned ones."""
    if not isinstance(image, TiffImageFile):
        return False
    formats, bits = (image.tag_v2.get(tag, ()) for tag in (TIFF_SAMPLE_FORMAT, TIFF_BITS_PER_SAMPLE))
    return SIGNED in _as_tuple(formats) and max(_as_tuple(bits), default=DEEP) <= 8


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def has_inverted_grey(image: PillowImage) -> bool:
    """Return whether 0 is white in a TIFF file of more than 8 bits, whose values Pillow gives as they are stored."""
    deep = image.mode.startswith("I") or image.mode == "F"
    return deep and isinstance(image, TiffImageFile) and image.tag_v2.get(TIFF_PHOTOMETRIC) == 0


def stored_colour_bits(image: PillowImage, converted: PillowImage, data: bytes) -> int | None:
    """Return how many of 16 bits the colours of a file use; None if they do not have 16.

    Pillow keeps the upper byte of each, so the bits are counted in `converted`.
    """
    if not _has_deep_colours(image, data):
        return None
    largest = int(np.asarray(converted).max())
    return next((bits for most, bits in NARROW_COLOURS.items() if largest <= most), DEEP)


def _has_deep_colours(image: PillowImage, data: bytes) -> bool:
    if image.format == "PNG":
        return data[PNG_DEPTH] == DEEP and data[PNG_DEPTH + 1] in PNG_COLOURS
    bits = image.tag_v2.get(TIFF_BITS_PER_SAMPLE) if isinstance(image, TiffImageFile) else None
    return isinstance(bits, tuple) and len(bits) > 2 and set(bits) == {DEEP}


def is_raw_preview(image: PillowImage) -> bool:
    """Return whether a TIFF file begins with a reduced image and has the whole elsewhere, as camera raw files do."""
    if not isinstance(image, TiffImageFile):
        return False
    subfile = image.tag_v2.get(TIFF_SUBFILE)
    return isinstance(subfile, int) and bool(subfile & REDUCED_RESOLUTION) and TIFF_SUB_IFDS in image.tag_v2
