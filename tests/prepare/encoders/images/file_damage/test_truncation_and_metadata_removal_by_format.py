"""Only the pixels of WebP, GIF, TIFF, AVIF and JPEG 2000 files matter."""

import struct

import numpy as np
import pytest

from headrace.config.configuration_model import Image
from headrace.prepare.encoders.images.file_damage.truncation_and_metadata_removal_by_format import (
    Structure,
    find_structure,
)
from headrace.prepare.encoders.images.image_transcoding import decode
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from tests.support.raw_images import encode_image, noise_image

SPEC = Image(size=(24, 24), resize="stretch", codec="raw")
IMAGE = noise_image(24, 24)
EXIF = b"Exif\0\0II*\0\x08\0\0\0\0\0"
WEBP = encode_image(IMAGE, "WEBP", lossless=True, exif=EXIF, icc_profile=b"x" * 400, xmp=b"<x/>")
GIF = encode_image(IMAGE.convert("P"), "GIF", comment=b"hello")
TIFF = encode_image(IMAGE, "TIFF", compression="tiff_lzw", tiffinfo={274: 1})
AVIF = encode_image(IMAGE, "AVIF", exif=EXIF)
JP2 = encode_image(IMAGE, "JPEG2000")


def replace_at(data: bytes, offset: int, new: bytes) -> bytes:
    return data[:offset] + new + data[offset + len(new) :]


def in_gif(extension: bytes) -> bytes:
    at = GIF.index(b"\x21\xfe")
    return GIF[:at] + extension + GIF[at:]


def in_jp2(box: bytes) -> bytes:
    at = JP2.index(b"jp2c") - 4
    return JP2[:at] + box + JP2[at:]


def far_orientation() -> bytes:
    """Return a TIFF file whose orientation consists of values behind the end of the file."""
    start, order = struct.unpack("<I", TIFF[4:8])[0], "<HHII"
    count = struct.unpack("<H", TIFF[start : start + 2])[0]
    tags = [struct.unpack_from("<H", TIFF, start + 2 + 12 * number)[0] for number in range(count)]
    place = next(number for number, tag in enumerate(tags) if tag == 274)
    return replace_at(TIFF, start + 2 + 12 * place, struct.pack(order, 274, 3, 1000, len(TIFF) - 10))


BROKEN = {
    "WebP with EXIF that is none": (WEBP, replace_at(WEBP, WEBP.index(b"EXIF") + 8, b"junkjunk")),
    "WebP with a profile of a wrong length": (WEBP, WEBP.replace(b"ICCP\x90\x01\0\0", b"ICCP\x20\x01\0\0")),
    "WebP with a profile longer than the file": (WEBP, WEBP.replace(b"ICCP\x90\x01\0\0", b"ICCP\x20\x01\1\0")),
    "WebP that ends in its XMP": (WEBP, WEBP[:-3]),
    "WebP that ends in its EXIF": (WEBP, WEBP[: WEBP.index(b"EXIF") + 9]),
    "WebP whose length is too small": (WEBP, replace_at(WEBP, 4, struct.pack("<I", 100))),
    "WebP whose length is too large": (WEBP, replace_at(WEBP, 4, struct.pack("<I", len(WEBP) + 100))),
    "WebP with garbage": (WEBP, WEBP + b"garbage"),
    "GIF with an application of no content": (GIF, in_gif(b"\x21\xff\x0bNETSCAPE2.0\0")),
    "GIF with a short control": (GIF, in_gif(b"\x21\xf9\x01\1\0")),
    "GIF with garbage": (GIF, GIF + b"garbage"),
    "TIFF with a broken orientation": (TIFF, far_orientation()),
    "AVIF with EXIF that is none": (AVIF, AVIF.replace(b"II*\0\x08", b"junk\x08")),
    "JPEG 2000 with a box of a wrong length": (JP2, in_jp2(struct.pack(">I", 4) + b"uuid")),
    "JPEG 2000 with garbage": (JP2, JP2 + b"garbage"),
}


def reject(data: bytes) -> RejectedRecordError:
    with pytest.raises(RejectedRecordError) as rejected:
        decode(data, SPEC)
    return rejected.value


@pytest.mark.parametrize(("whole", "broken"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_metadata_do_not_change_the_pixels(whole: bytes, broken: bytes) -> None:
    assert broken != whole
    assert np.array_equal(decode(broken, SPEC), decode(whole, SPEC))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_animation_cut_in_a_later_frame_is_truncated(kind: str) -> None:
    frames = [noise_image(24, 24, seed=seed) for seed in range(4)]
    data = encode_image(frames[0], kind, save_all=True, append_images=frames[1:])
    assert reject(data[:-100]).reason is Reason.TRUNCATED
    accepted = decode(data[:-100], SPEC.model_copy(update={"truncated": "accept"}))
    assert np.array_equal(accepted, decode(data, SPEC))


def test_pixels_that_the_decoder_cannot_fill_are_rejected_even_if_accepted() -> None:
    for data in (WEBP[:500], AVIF[:-5]):
        with pytest.raises(RejectedRecordError, match="truncated: .*the decoder recovers no image"):
            decode(data, SPEC.model_copy(update={"truncated": "accept"}))


def test_structure_is_empty_for_other_files() -> None:
    for data in (b"", b"BM" + bytes(90), b"RIFF\0\0\0\0WAVE", b"\0\0\0\x20ftypisom" + bytes(60)):
        assert find_structure(data) == Structure()
