"""What decoders ignore without a word: a second image, damaged pixels, further bands, and grey of which 0 is white."""

import io
import struct
from typing import Any

import numpy as np
import PIL.Image
import PIL.TiffImagePlugin
import pytest
from numpy.typing import NDArray

from headrace.config.configuration_model import Image
from headrace.prepare.encoders.images.file_damage.concatenated_images_and_surplus_rows import holds_another_image
from headrace.prepare.encoders.images.file_damage.ignored_image_content import ImageFinding
from headrace.prepare.encoders.images.file_damage.jpeg_truncation_and_metadata import END
from headrace.prepare.encoders.images.file_damage.jpeg_warnings_crlf_and_zeroed_blocks import (
    JpegWarning,
    find_jpeg_warning,
)
from headrace.prepare.encoders.images.file_damage.truncation_and_metadata_removal_by_format import (
    tiff_entries,
    tiff_extent,
    tiff_values,
)
from headrace.prepare.encoders.images.image_transcoding import decode, decode_image
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from tests.support.image_files import jpeg_segment, with_segment
from tests.support.raw_images import encode_image, noise_image

SPEC = Image.model_validate({"mode": "RGB", "size": (16, 16), "resize": "stretch", "codec": "raw"})
ACCEPT = SPEC.model_copy(update={"truncated": "accept"})
MAX_PIXELS = 10**6
ORIENTATION, ROTATED = 274, 6
PHOTOMETRIC, SAMPLES, EXTRA_SAMPLES = 262, 277, 338
STRIPS, ROWS_PER_STRIP, SIZES = 273, 278, 279


def write_tiff(values: NDArray[Any], photometric: int = 1, **more: int) -> bytes:
    """Return a TIFF file of grey, of which each value may have several samples; `t339=2` adds the tag 339.

    Photometric 0 says that 0 is white. Pillow writes none of these itself.
    """
    height, width, *samples = values.shape
    tags = {256: width, 257: height, 258: 8 * values.itemsize, 259: 1, PHOTOMETRIC: photometric, 277: 1, 278: height}
    tags |= {SAMPLES: samples[0] if samples else 1} | {int(name[1:]): value for name, value in more.items()}
    tags |= {STRIPS: 8 + 2 + 12 * (len(tags) + 2) + 4, SIZES: values.nbytes}
    # Two numbers of 16 bits are in the entry, as its value.
    bits = struct.pack("<HHIHH", 258, 3, 2, tags[258], tags[258])
    entries = b"".join(
        bits if tag == 258 and samples else struct.pack("<HHII", tag, 4, 1, value)
        for tag, value in sorted(tags.items())
    )
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return b"II*\0" + struct.pack("<I", 8) + directory + values.astype(values.dtype.newbyteorder("<")).tobytes()


def grey_tiff(values: NDArray[np.uint16], photometric: int) -> bytes:
    """Return a TIFF file of 16-bit grey."""
    return write_tiff(values, photometric)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF"])
def test_image_joined_behind_another_one_is_found(kind: str) -> None:
    """Decoders read the first one, and the other one was left out without a word."""
    file = encode_image(noise_image(64, 64), kind)
    joined = file + encode_image(noise_image(64, 64, seed=1), kind)
    assert decode_image(joined, SPEC).findings == {ImageFinding.JOINED}
    assert np.array_equal(decode(joined, SPEC), decode(file, SPEC))
    assert decode_image(file, SPEC).findings == set()
    assert decode_image(file + b"x" * 1000, SPEC).findings == set()


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
        ("TIFF", "L", {"compression": "jpeg"}),
        ("TIFF", "I;16", {}),
        ("PPM", "1", {}),
        ("PPM", "L", {}),
        ("PPM", "I;16", {}),
        ("JPEG2000", "RGB", {"no_jp2": True}),
    ],
)
def test_image_joined_behind_one_of_another_variety_is_found(kind: str, mode: str, options: dict[str, Any]) -> None:
    image = PIL.Image.fromarray(np.arange(63 * 41, dtype=np.uint16).reshape(63, 41))
    file = encode_image(image if mode == "I;16" else noise_image(63, 41).convert(mode), kind, **options)
    assert holds_another_image(file + file)
    assert not holds_another_image(file)
    assert not holds_another_image(file + bytes(1000))


def test_numbers_of_a_picture_in_ascii_may_be_followed_by_another_one() -> None:
    file = b"P2 # drawn by hand\n2 2\n255\n0 1\n2 3\n"
    assert holds_another_image(file + file)
    assert not holds_another_image(file)


def test_pages_of_one_file_are_no_other_image() -> None:
    pages = [noise_image(64, 64, seed=seed) for seed in range(3)]
    file = encode_image(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert decode_image(file, SPEC).findings == {ImageFinding.SEVERAL_FRAMES}
    assert holds_another_image(file + file)


@pytest.mark.parametrize("cut", [5, 9, 40])
def test_damaged_directory_is_no_other_image(cut: int) -> None:
    file = encode_image(noise_image(64, 64), "TIFF")
    assert not holds_another_image(file[:cut])
    assert not holds_another_image(file[:4] + b"\xff" * cut + file[4 + cut :])


ZEROABLE: list[tuple[str, dict[str, Any]]] = [
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("AVIF", {}),
    ("JPEG2000", {}),
    ("JPEG2000", {"no_jp2": True}),
]


@pytest.mark.parametrize(("kind", "options"), ZEROABLE)
def test_block_of_zeros_in_the_pixels_is_found(kind: str, options: dict[str, Any]) -> None:
    """Decoders show other pixels from there on, without a word."""
    file = encode_image(noise_image(200, 200), kind, **options)
    middle = len(file) // 2
    damaged = file[:middle] + bytes(5000) + file[middle + 5000 :]
    assert decode_image(damaged, SPEC).findings == {ImageFinding.ZEROED}
    assert decode_image(file, SPEC).findings == set()


@pytest.mark.parametrize(("kind", "options"), ZEROABLE)
def test_images_of_one_colour_have_no_block_of_zeros(kind: str, options: dict[str, Any]) -> None:
    file = encode_image(PIL.Image.new("RGB", (2000, 1000), "black"), kind, **options)
    assert decode_image(file, SPEC).findings == set()


def test_padding_in_the_metadata_is_no_block_of_zeros() -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0" + bytes(8000)
    for kind in ("WEBP", "PNG"):
        file = encode_image(noise_image(64, 64), kind, exif=exif)
        assert bytes(5000) in file
        assert decode_image(file, SPEC).findings == set()


def test_pictures_that_a_photo_announces_are_no_other_image() -> None:
    """Phones keep a depth map or the picture's other half there."""
    photo = encode_image(noise_image(64, 64), "MPO", save_all=True, append_images=[noise_image(64, 64, seed=1)])
    assert b"\xff\xd9\xff\xd8" in photo
    assert not holds_another_image(photo)
    assert decode_image(photo, SPEC).findings == set()


def test_jpeg_files_may_be_joined_with_padding() -> None:
    file, other = encode_image(noise_image(64, 64), "JPEG"), encode_image(noise_image(64, 64, seed=1), "JPEG")
    assert holds_another_image(file + bytes(100) + other)
    assert not holds_another_image(file + b"video" + other)


def test_previews_in_the_metadata_are_no_other_image() -> None:
    """Cameras keep a small and a large one, one behind the other."""
    preview = encode_image(noise_image(8, 8), "JPEG")
    file = with_segment(encode_image(noise_image(64, 64), "JPEG"), jpeg_segment(0xE4, preview + preview))
    assert decode_image(file, SPEC).findings == set()


def test_thumbnail_in_the_metadata_is_no_other_image() -> None:
    thumbnail = encode_image(noise_image(8, 8), "JPEG")
    exif = b"Exif\0\0" + thumbnail
    file = encode_image(noise_image(64, 64), "JPEG", exif=exif)
    assert thumbnail in file
    assert not holds_another_image(file)


@pytest.mark.parametrize("data", [b"", b"BM", b"RIFF", b"\xff\xd8", b"GIF8"])
def test_beginning_of_a_file_holds_no_other_image(data: bytes) -> None:
    assert not holds_another_image(data)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("orientation", [1, ROTATED])
def test_jpeg_without_some_of_its_pixels_is_damaged(progressive: bool, orientation: int) -> None:
    """Pillow fills them with grey and says nothing, and the end mark is there."""
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = orientation
    file = encode_image(noise_image(256, 256), "JPEG", progressive=progressive, exif=exif)
    damaged = file[: len(file) // 2] + file[-2:]
    with pytest.raises(RejectedRecordError, match="premature end of data segment; pixels are missing") as rejected:
        decode(damaged, SPEC)
    assert rejected.value.reason is Reason.DAMAGED
    assert decode(damaged, ACCEPT).shape == (16, 16, 3)
    assert decode_image(file, SPEC).findings == set()


def test_jpeg_without_some_of_its_pixels_is_damaged_whatever_its_metadata_are() -> None:
    """Without its comment, the file is no better."""
    file = with_segment(encode_image(noise_image(256, 256), "JPEG"), jpeg_segment(0xFE, b"hello"))
    with pytest.raises(RejectedRecordError, match="premature end of data segment; pixels are missing"):
        decode(file[: len(file) // 2] + file[-2:], SPEC)


@pytest.mark.parametrize("is_short", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_tiff_without_some_of_the_pixels_of_its_jpeg_data_is_damaged(mode: str, is_short: bool) -> None:
    """libtiff writes a warning that names no file, and pixels are missing."""
    file = encode_image(noise_image(200, 200).convert(mode), "TIFF", compression="jpeg")
    entries = {one.tag: one for one in tiff_entries(file) or []}
    size = tiff_values(file, entries[SIZES])[0]
    if is_short:
        at, new = tiff_extent(file, entries[SIZES])[0], struct.pack("<H", size // 2)
    else:
        at, new = tiff_values(file, entries[STRIPS])[0] + size // 2, END
    damaged = file[:at] + new + file[at + len(new) :]
    with pytest.raises(RejectedRecordError, match="; pixels are missing or wrong") as rejected:
        decode(damaged, SPEC)
    assert rejected.value.reason is Reason.DAMAGED
    assert decode(damaged, ACCEPT).shape == (16, 16, 3)
    assert decode_image(file, SPEC).findings == set()


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "jpeg"])
def test_tiff_that_lacks_strips_is_damaged(compression: str) -> None:
    """Pillow makes their pixels up: black, or the bytes of the header."""
    file = encode_image(noise_image(200, 200), "TIFF", compression=compression, tiffinfo={ROWS_PER_STRIP: 64})
    starts = next(one for one in tiff_entries(file) or [] if one.tag == STRIPS)
    fewer = file[: starts.start + 4] + struct.pack("<I", 2) + file[starts.start + 8 :]
    place = tiff_extent(file, starts)[1] - 4
    for damaged, what in ((fewer, "2 of 4 strips"), (file[:place] + bytes(4) + file[place + 4 :], "1 of 4 strips")):
        with pytest.raises(RejectedRecordError, match=what) as rejected:
            decode(damaged, SPEC)
        assert rejected.value.reason is Reason.DAMAGED
    assert decode_image(file, SPEC).findings == set()


def test_pages_after_the_first_may_be_damaged() -> None:
    pages = [noise_image(200, 200, seed=seed) for seed in range(2)]
    file = encode_image(pages[0], "TIFF", compression="jpeg", save_all=True, append_images=pages[1:])
    middle = len(file) * 3 // 4
    damaged = file[:middle] + bytes(512) + file[middle + 512 :]
    assert np.array_equal(decode(damaged, SPEC), decode(file, SPEC))


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "jpeg"])
def test_image_joined_behind_a_large_tiff_file_is_found(compression: str) -> None:
    """The directory that an offset of 0 announces is none, whatever the first bytes of the file would mean there."""
    file = encode_image(noise_image(400, 400), "TIFF", compression=compression)
    assert ImageFinding.JOINED in decode_image(file + file, SPEC).findings
    assert decode_image(file, SPEC).findings == set()


@pytest.mark.parametrize("interlace", [0, 1])
@pytest.mark.parametrize("size", [(200, 260), (7, 3), (1, 1)])
def test_gif_with_more_pixels_than_its_frame_is_found(size: tuple[int, int], interlace: int) -> None:
    """Decoders leave out those behind the last row, and those after the inserted ones are out of place."""
    file = encode_image(noise_image(*size).quantize(64), "GIF", interlace=interlace)
    assert decode_image(file, SPEC).findings == set()
    # The same pixels in a frame of one row less.
    descriptor = file.index(b",\0\0\0\0") + 7
    fewer = file[:descriptor] + struct.pack("<H", size[0] - 1) + file[descriptor + 2 :]
    if size[0] > 1:
        assert decode_image(fewer, SPEC).findings == {ImageFinding.EXTRA_PIXELS}


def test_bytes_between_pixels_and_end_mark_are_found() -> None:
    file = encode_image(noise_image(64, 64), "JPEG")
    assert decode_image(file[:-2] + bytes(300) + file[-2:], SPEC).findings == {ImageFinding.EXTRA_BYTES}


def test_warnings_about_metadata_are_none_about_pixels() -> None:
    """A segment of a wrong length before the pixels is skipped."""
    file = encode_image(noise_image(64, 64), "JPEG")
    assert find_jpeg_warning(file[:2] + b"\xff\xe5\0\4abcdef" + file[2:], MAX_PIXELS) == JpegWarning()


def test_large_images_are_not_decoded_to_find_warnings() -> None:
    file = encode_image(noise_image(64, 64), "JPEG")
    assert find_jpeg_warning(file[: len(file) // 2] + file[-2:], max_pixels=10) == JpegWarning()


def test_16_bit_grey_of_which_0_is_white_is_inverted() -> None:
    """Pillow inverts 8 bits only, so that scans of film were negatives."""
    values = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    expected = decode(grey_tiff(values, 1), SPEC)
    assert expected[0, 0, 0] == 0
    assert np.array_equal(decode(grey_tiff(65535 - values, 0), SPEC), expected)
    white = SPEC.model_copy(update={"white": 4095})
    values //= 16
    assert np.array_equal(decode(grey_tiff(4095 - values, 0), white), decode(grey_tiff(values, 1), white))


def test_pillow_gives_16_bit_grey_as_it_is_stored() -> None:
    """If this fails, Pillow inverts it, and `has_inverted_grey` must go."""
    with PIL.Image.open(io.BytesIO(grey_tiff(np.full((4, 4), 1000, np.uint16), 0))) as image:
        assert int(np.asarray(image).max()) == 1000


@pytest.mark.parametrize(("mode", "extra", "found"), [("RGBX", 0, True), ("RGBA", 2, False), ("RGB", None, False)])
def test_bands_beyond_the_colours_are_found(mode: str, extra: int | None, found: bool) -> None:
    """Near infrared of satellites is read as nothing."""
    info = PIL.TiffImagePlugin.ImageFileDirectory_v2()
    if extra is not None:
        info[EXTRA_SAMPLES] = extra
    file = encode_image(noise_image(64, 64).convert(mode), "TIFF", tiffinfo=info)
    assert decode_image(file, SPEC).findings == ({ImageFinding.EXTRA_BANDS} if found else set())


def test_signed_numbers_of_8_bits_are_refused() -> None:
    """Pillow takes -1 for 255."""
    values = np.arange(-128, 128, dtype=np.int8).reshape(16, 16)
    with pytest.raises(RejectedRecordError, match="signed numbers of 8 bits") as rejected:
        decode(write_tiff(values, t339=2), SPEC)
    assert rejected.value.reason is Reason.UNKNOWN_RANGE
    assert decode(write_tiff(values.view(np.uint8), t339=1), SPEC)[0, 0, 0] == 128


def test_pixels_below_0_are_said() -> None:
    values = np.arange(-128, 128, dtype=np.int16).reshape(16, 16)
    with pytest.raises(RejectedRecordError, match="pixels below 0, down to -128"):
        decode(write_tiff(values, t339=2), SPEC)
    white = SPEC.model_copy(update={"white": 127})
    assert np.array_equal(decode(write_tiff(values, t339=2), white)[:, :, 0].ravel()[[0, 128, 255]], [0, 0, 255])


def test_grey_that_was_multiplied_by_its_transparency_is_composed_on_white() -> None:
    values = np.zeros((16, 16, 2), np.uint8)
    values[8:] = (100, 200)
    found = decode(write_tiff(values, t338=1), SPEC)[:, 0, 0]
    assert (found[:8] == 255).all()
    assert (abs(found[8:].astype(int) - (100 + 55)) <= 1).all()


@pytest.mark.parametrize(("kind", "found"), [(0x020002, True), (0x020003, True), (0x010002, False), (0, False)])
def test_further_views_of_a_photo_are_noted(kind: int, found: bool) -> None:
    """Unlike its preview or its depth map, the picture of the other lens is a photo."""
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = ROTATED
    views = [noise_image(64, 64, seed=seed) for seed in range(2)]
    file = encode_image(views[0], "MPO", save_all=True, append_images=views[1:], exif=exif)
    segment = file.index(b"MPF\0")
    # Two entries of 16 bytes begin with the kind, that of the first is the primary image.
    at = file.rindex(struct.pack("<L", 0x030000), segment, segment + 100)
    assert struct.unpack_from("<L12xL", file, at) == (0x030000, 0)
    first = kind if found else 0x030000
    file = file[:at] + struct.pack("<L", first) + file[at + 4 : at + 16] + struct.pack("<L", kind) + file[at + 20 :]
    assert decode_image(file, SPEC).findings == ({ImageFinding.SEVERAL_FRAMES} if found else set())
