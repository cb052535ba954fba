"""Only the scans of a JPEG file matter, not the segments that applications write."""

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.config.configuration_model import Image
from headrace.prepare.encoders.images.file_damage.jpeg_truncation_and_metadata import (
    has_all_scans,
    missing_end,
    without_metadata,
)
from headrace.prepare.encoders.images.image_transcoding import decode
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from tests.support.image_files import jpeg_segment, with_segment
from tests.support.raw_images import encode_image, noise_image

SPEC = Image(size=(24, 24), resize="stretch", codec="raw")
ACCEPT = Image(size=(24, 24), resize="stretch", codec="raw", truncated="accept")
IMAGE = noise_image(24, 24)
FILES = {
    "baseline": encode_image(IMAGE, "JPEG", quality=95),
    "progressive": encode_image(IMAGE, "JPEG", quality=95, progressive=True),
    "grey": encode_image(IMAGE.convert("L"), "JPEG"),
    "cmyk": encode_image(IMAGE.convert("CMYK"), "JPEG"),
}
SEGMENTS = {
    "EXIF that is none": jpeg_segment(0xE1, b"Exif\0\0junkjunk"),
    "truncated EXIF": jpeg_segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x05ab"),
    "orientation that is a text": jpeg_segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\2\0\2\0\0\0006\0\0\0\0\0\0\0"),
    "truncated profile": jpeg_segment(0xE2, b"ICC_PROFILE\0"),
    "part of a profile": jpeg_segment(0xE2, b"ICC_PROFILE\0\2\3abc"),
    "huge profile": b"".join(jpeg_segment(0xE2, b"ICC_PROFILE\0" + bytes((n, 60)) + bytes(65000)) for n in range(60)),
    "broken list of pictures": jpeg_segment(0xE2, b"MPF\0junk"),
    "broken Photoshop": jpeg_segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\xff"),
    "length of 0": jpeg_segment(0xE5, b"abc", 0),
    "length too short": jpeg_segment(0xE5, b"abcdefgh", 5),
    "length too long": jpeg_segment(0xE5, b"abc", 8),
    "length beyond the file": jpeg_segment(0xE5, b"abc", 60_000),
    "EXIF beyond the file": jpeg_segment(0xE1, b"Exif\0\0II*\0", 60_000),
    "zeros": bytes(7),
    "letters": b"hello",
}  # fmt: skip


def reject(data: bytes, spec: Image = SPEC) -> RejectedRecordError:
    with pytest.raises(RejectedRecordError) as rejected:
        decode(data, spec)
    return rejected.value


@pytest.mark.parametrize("extra", SEGMENTS.values(), ids=SEGMENTS.keys())
@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_broken_segments_do_not_change_the_pixels(file: bytes, extra: bytes) -> None:
    assert np.array_equal(decode(with_segment(file, extra), SPEC), decode(file, SPEC))


@settings(derandomize=True, deadline=None, max_examples=200)
@given(marker=st.sampled_from([0xE1, 0xE2, 0xE5, 0xED, 0xEF, 0xFE]), content=st.binary(max_size=60))
def test_application_segments_of_any_bytes_never_change_the_pixels(marker: int, content: bytes) -> None:
    file = FILES["baseline"]
    assert np.array_equal(decode(with_segment(file, jpeg_segment(marker, content)), SPEC), decode(file, SPEC))


def test_thumbnail_in_metadata_of_a_wrong_length_is_not_the_image() -> None:
    thumbnail = encode_image(noise_image(8, 8, seed=1), "JPEG")
    for length in (5, len(thumbnail) // 2, 65_000):
        data = with_segment(FILES["baseline"], jpeg_segment(0xE1, b"Exif\0\0" + thumbnail, length))
        assert np.array_equal(decode(data, SPEC), decode(FILES["baseline"], SPEC))


def test_orientation_survives_broken_segments() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 3
    turned = with_segment(encode_image(IMAGE, "JPEG", quality=95, exif=exif), SEGMENTS["length beyond the file"])
    expected = decode(FILES["baseline"], SPEC)[::-1, ::-1]
    assert np.abs(decode(turned, SPEC).astype(int) - expected).max() <= 1


@pytest.mark.parametrize("garbage", [b"garbage", FILES["grey"], bytes(500)], ids=["text", "image", "zeros"])
def test_garbage_behind_the_end_mark_does_not_change_the_pixels(garbage: bytes) -> None:
    assert np.array_equal(decode(FILES["baseline"] + garbage, SPEC), decode(FILES["baseline"], SPEC))


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_missing_end_mark_is_all_that_is_missing(file: bytes) -> None:
    for length in (1, 2):
        rejection = reject(file[:-length])
        assert rejection.reason is Reason.TRUNCATED
        assert "only the end mark is missing" in rejection.detail
        assert np.abs(decode(file[:-length], ACCEPT).astype(int) - decode(file, SPEC)).max() <= 1


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_missing_pixels_are_rejected_or_filled(file: bytes) -> None:
    cut = file[: -(len(file) - file.index(b"\xff\xda")) // 3]
    assert "pixels are missing" in reject(cut).detail
    assert decode(cut, ACCEPT).shape == (24, 24, 3)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(file=st.sampled_from(list(FILES.values())), share=st.floats(0, 1, exclude_max=True))
def test_missing_end_finds_every_cut(file: bytes, share: float) -> None:
    data = file[: 3 + int(share * (len(file) - 3))]
    assert missing_end(data)
    assert reject(data).reason is Reason.TRUNCATED


def test_has_all_scans_detects_a_progressive_file_cut_between_scans() -> None:
    file = FILES["progressive"]
    last = file.rindex(b"\xff\xc4") if file.rindex(b"\xff\xc4") < file.rindex(b"\xff\xda") else file.rindex(b"\xff\xda")
    assert has_all_scans(file)
    assert not has_all_scans(file[:last])
    assert "pixels are missing" in reject(file[:last]).detail


def test_without_metadata_of_a_bare_file_is_the_file() -> None:
    assert without_metadata(FILES["baseline"]) == FILES["baseline"]
