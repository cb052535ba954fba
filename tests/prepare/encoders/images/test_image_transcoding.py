"""Every variety of image file becomes uint8 pixels of the configured shape, or a rejection."""

import io
import itertools
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.TiffImagePlugin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from headrace.config.configuration_model import Image
from headrace.prepare.encoders.images.file_damage.ignored_image_content import ImageFinding
from headrace.prepare.encoders.images.image_transcoding import Pixels, decode, decode_image, encode
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from tests.support.raw_images import encode_image, noise_image

FORMS = [
    Image.model_validate({"mode": mode, "size": (5, 7), "resize": resize, "codec": codec})
    for mode, resize, codec in itertools.product(
        ("L", "RGB"), ("fit", "crop", "pad", "stretch"), ("raw", "png", "jpeg")
    )
]


def unchanged_size(height: int, width: int, mode: str = "RGB") -> Image:
    """Return a specification that changes no size."""
    return Image.model_validate({"mode": mode, "size": (height, width), "resize": "stretch", "codec": "raw"})


def reason(data: bytes, spec: Image = FORMS[0]) -> Reason:
    with pytest.raises(RejectedRecordError) as rejected:
        decode(data, spec)
    assert rejected.value.detail
    assert "\n" not in rejected.value.detail
    return rejected.value.reason


def roundtrip(data: bytes, spec: Image) -> Pixels | None:
    """Return the pixels read back from the bytes stored for `data`; None if it is rejected. Other errors propagate."""
    shape = (*spec.size, {"L": 1, "RGB": 3}[spec.mode])
    try:
        pixels = decode(data, spec)
    except RejectedRecordError:
        return None
    assert pixels.shape == shape
    assert pixels.dtype == np.uint8
    data = encode(pixels, spec)
    if spec.codec == "raw":
        return np.frombuffer(data, np.uint8).reshape(shape)
    with PIL.Image.open(io.BytesIO(data)) as image:
        assert image.format == spec.codec.upper()
        assert image.mode == spec.mode
        return np.asarray(image).reshape(shape)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM"])
@pytest.mark.parametrize("spec", FORMS, ids=lambda spec: f"{spec.mode}-{spec.resize}-{spec.codec}")
def test_decode_supports_every_format_and_spec(kind: str, spec: Image) -> None:
    assert roundtrip(encode_image(noise_image(11, 6), kind), spec) is not None


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_decode_keeps_pixels_bit_for_bit(kind: str) -> None:
    image = noise_image(6, 9)
    assert np.array_equal(decode(encode_image(image, kind), unchanged_size(6, 9)), np.asarray(image))


@pytest.mark.parametrize("codec", ["raw", "png"])
def test_encode_lossless_restores_pixels(codec: str) -> None:
    spec = Image.model_validate({"mode": "RGB", "size": (6, 9), "codec": codec})
    data = encode_image(noise_image(20, 20))
    assert np.array_equal(roundtrip(data, spec), decode(data, spec))


def test_encode_jpeg_uses_the_configured_quality() -> None:
    pixels = np.asarray(noise_image(64, 64))
    sizes = [len(encode(pixels, Image(size=(64, 64), codec="jpeg", quality=quality))) for quality in (10, 50, 95)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2] / 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_decode_applies_exif_orientation(kind: str, orientation: int) -> None:
    upright = np.zeros((16, 24), np.uint8)
    upright[:8, :8] = 255
    upright[8:, 16:] = 128
    turned: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: np.transpose,
        6: lambda a: np.rot90(a, 1),  # stored turned left; to be turned right for display
        7: lambda a: np.rot90(a, 2).T,
        8: lambda a: np.rot90(a, -1),
    }
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode_image(
        PIL.Image.fromarray(np.ascontiguousarray(turned[orientation](upright))), kind, exif=exif, **options
    )
    pixels = decode(data, unchanged_size(16, 24, "L"))[:, :, 0]
    assert np.abs(pixels.astype(int) - upright).max() <= 20, orientation


def test_decode_applies_xmp_orientation() -> None:
    upright = np.zeros((16, 24), np.uint8)
    upright[:8, :8] = 255
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="3"/></x:xmpmeta>'
    data = encode_image(PIL.Image.fromarray(np.ascontiguousarray(np.rot90(upright, 2))), "JPEG", xmp=xmp)
    pixels = decode(data, unchanged_size(16, 24, "L"))[:, :, 0]
    assert np.abs(pixels.astype(int) - upright).max() <= 20


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_decode_ignores_unknown_orientation(orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    image = noise_image(6, 9)
    assert np.array_equal(decode(encode_image(image, exif=exif), unchanged_size(6, 9)), np.asarray(image))


def test_decode_accepts_invalid_exif() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    exif[0x011A] = 72.0
    raw = exif.tobytes()
    odd = raw.replace(b"\x01\x1a\x00\x05", b"\x01\x1a\x00\x02")  # a resolution that says it is text
    assert odd != raw
    pixels = decode(encode_image(noise_image(8, 16), "JPEG", exif=odd), unchanged_size(16, 8))
    assert pixels.shape == (16, 8, 3)


def test_decode_converts_cmyk_to_printed_colours() -> None:
    colours = {(0, 255, 255, 0): (255, 0, 0), (255, 0, 255, 0): (0, 255, 0), (0, 0, 0, 255): (0, 0, 0)}
    for ink, light in colours.items():
        for kind in ("JPEG", "TIFF"):
            data = encode_image(PIL.Image.new("CMYK", (8, 8), ink), kind)
            assert np.abs(decode(data, unchanged_size(8, 8)).astype(int) - light).max() <= 3
            grey = PIL.Image.new("RGB", (1, 1), light).convert("L").getpixel((0, 0))
            assert isinstance(grey, int)
            assert np.abs(decode(data, unchanged_size(8, 8, "L")).astype(int) - grey).max() <= 3


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_decode_composes_transparency_on_white(mode: str, kind: str) -> None:
    image = PIL.Image.new("RGBA", (3, 1))
    image.putdata([(0, 0, 0, 255), (0, 0, 0, 0), (0, 0, 0, 128)])
    pixels = decode(
        encode_image(image, kind, **({"lossless": True} if kind == "WEBP" else {})), unchanged_size(1, 3, mode)
    )
    assert [int(value) for value in pixels[0, :, 0]] == [0, 255, 127]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_decode_composes_grey_with_alpha_on_white(mode: str) -> None:
    image = PIL.Image.new("LA", (2, 1))
    image.putdata([(10, 255), (10, 0)])
    assert [int(value) for value in decode(encode_image(image), unchanged_size(1, 2, mode))[0, :, 0]] == [10, 255]


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_decode_composes_transparent_palette_entry_on_white(mode: str, kind: str) -> None:
    image = PIL.Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 200, 200, 200])
    image.putdata([0, 1])
    pixels = decode(encode_image(image, kind, transparency=0), unchanged_size(1, 2, mode))
    assert [int(value) for value in pixels[0, :, 0]] == [255, 200]


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(("stored_as", "colour"), [("RGB", (9, 9, 9)), ("L", 9), ("1", 0)])
def test_decode_composes_transparent_colour_on_white(
    mode: str, stored_as: str, colour: int | tuple[int, int, int]
) -> None:
    """Even if the image already has the target mode."""
    data = encode_image(PIL.Image.new(stored_as, (2, 2), colour), transparency=colour)
    assert decode(data, unchanged_size(2, 2, mode)).min() == 255


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_decode_keeps_upper_byte_of_16_bit_grey(kind: str, mode: str) -> None:
    values = np.array([[0, 255, 256, 257, 32767, 32768, 65279, 65280, 65535]], np.uint16)
    pixels = decode(encode_image(PIL.Image.fromarray(values), kind), unchanged_size(1, 9, mode))
    assert pixels[0, :, 0].tolist() == [0, 0, 1, 1, 127, 128, 254, 255, 255]


def test_decode_treats_16_bit_grey_like_16_bit_colours() -> None:
    values = np.arange(0, 65536, 97, np.uint16)[None]
    grey = decode(encode_image(PIL.Image.fromarray(values)), unchanged_size(*values.shape))
    colour = decode(png_of_16_bit_colours(np.repeat(values[:, :, None], 3, 2)), unchanged_size(*values.shape))
    assert np.array_equal(grey, colour)


def png_of_16_bit_colours(values: NDArray[np.uint16]) -> bytes:
    """Return a PNG file of 16-bit colours, which Pillow reads but does not write."""
    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return png(chunk(b"IHDR", header(width, height, depth=16)), chunk(b"IDAT", zlib.compress(rows)))


def png(*chunks: bytes) -> bytes:
    return b"".join([b"\x89PNG\r\n\x1a\n", *chunks, chunk(b"IEND", b"")])


def chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def header(width: int, height: int, depth: int = 8) -> bytes:
    return width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([depth, 2, 0, 0, 0])


def test_decode_rejects_float_images_of_unknown_range() -> None:
    assert reason(encode_image(PIL.Image.new("F", (4, 4), 0.5), "TIFF")) is Reason.UNKNOWN_RANGE


def test_decode_accepts_32_bit_images_only_within_16_bits() -> None:
    within, beyond, below = (np.array([[0, value]], np.int32) for value in (65535, 65536, -1))
    assert decode(encode_image(PIL.Image.fromarray(within), "TIFF"), unchanged_size(1, 2, "L"))[0, :, 0].tolist() == [
        0,
        255,
    ]
    assert reason(encode_image(PIL.Image.fromarray(beyond), "TIFF")) is Reason.UNKNOWN_RANGE
    assert reason(encode_image(PIL.Image.fromarray(below), "TIFF")) is Reason.UNKNOWN_RANGE


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_decode_maps_one_bit_to_black_and_white(kind: str) -> None:
    image = PIL.Image.new("1", (2, 1))
    image.putdata([0, 255])
    assert decode(encode_image(image, kind), unchanged_size(1, 2))[0, :, 0].tolist() == [0, 255]


@pytest.mark.parametrize("mode", ["LAB", "YCbCr"])
@pytest.mark.parametrize("spec", [unchanged_size(4, 4, "L"), unchanged_size(4, 4)], ids=["L", "RGB"])
def test_decode_converts_other_colour_spaces_to_grey(mode: str, spec: Image) -> None:
    assert decode(encode_image(PIL.Image.new(mode, (4, 4), (255, 128, 128)), "TIFF"), spec).min() >= 250


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_decode_takes_first_frame_of_animation(kind: str) -> None:
    first, second = PIL.Image.new("RGB", (8, 8), "red"), PIL.Image.new("RGB", (8, 8), "blue")
    data = encode_image(first, kind, save_all=True, append_images=[second])
    decoded = decode_image(data, unchanged_size(8, 8))
    assert np.abs(decoded.pixels.astype(int) - (255, 0, 0)).max() <= 3
    assert decoded.findings == {ImageFinding.SEVERAL_FRAMES}
    assert not decode_image(encode_image(first, kind), unchanged_size(8, 8)).findings


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_images_of_only_transparent_pixels_are_found(mode: str) -> None:
    image = noise_image(8, 8).convert(mode)
    for alpha, found in ((0, {ImageFinding.TRANSPARENT}), (1, set())):
        image.putalpha(alpha)
        assert decode_image(encode_image(image), unchanged_size(8, 8)).findings == found


@pytest.mark.parametrize(("white", "bits"), [(255, 8), (1023, 10), (4095, 12), (16383, 14), (65535, 16)])
def test_bits_of_16_bit_colours_are_told_from_their_upper_bytes(white: int, bits: int) -> None:
    decoded = decode_image(png_of_16_bits(white), unchanged_size(1, 1))
    assert (decoded.colour_bits, decoded.grey_bits) == (bits, None)
    assert decode_image(encode_image(noise_image(8, 8)), unchanged_size(8, 8)).colour_bits is None


def png_of_16_bits(value: int) -> bytes:
    """A PNG file of one pixel, which Pillow does not write in 16-bit colours."""
    row = b"\0" + value.to_bytes(2, "big") * 3
    header = (1).to_bytes(4, "big") * 2 + b"\x10\2\0\0\0"
    return png(chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(row)))


def test_preview_in_a_camera_raw_file_is_not_its_picture() -> None:
    tags = PIL.TiffImagePlugin.ImageFileDirectory_v2()
    tags[254], tags[330] = 1, 8
    preview = encode_image(noise_image(8, 8), "TIFF", tiffinfo=tags)
    assert reason(preview) is Reason.NOT_AN_IMAGE
    del tags[330]
    assert decode(encode_image(noise_image(8, 8), "TIFF", tiffinfo=tags), unchanged_size(8, 8)).shape == (8, 8, 3)


@pytest.mark.parametrize("spec", FORMS, ids=lambda spec: f"{spec.mode}-{spec.resize}-{spec.codec}")
@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2, 3), (400, 300)])
def test_decode_gives_configured_shape_for_extreme_sizes(size: tuple[int, int], spec: Image) -> None:
    pixels = roundtrip(encode_image(PIL.Image.new("RGB", size, "white")), spec)
    assert pixels is not None
    assert pixels.max() > 200, "the image has vanished"


def test_decode_rejects_empty_and_too_large_files() -> None:
    assert reason(b"") is Reason.EMPTY
    assert reason(b"x" * 101, Image(max_bytes=100)) is Reason.TOO_MANY_BYTES


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"I am text.\n", "the file begins with 'I am text.'"),
        (b"\0" * 1000, f"the file begins with the bytes {' '.join(['00'] * 16)}"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "the file begins as PNG but holds no picture"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "the file begins as JPEG but holds no picture"),
        (b"\xff\xd8" + b"\0" * 50, "the file begins as JPEG but holds no picture"),
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n",
            "the format is PostScript",
        ),
        (b"\n<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "the format is SVG; expected one of PNG"),
        (encode_image(noise_image(16, 16), "TGA"), "the format is TGA"),
        (encode_image(noise_image(16, 16), "ICO"), "the format is ICO"),
        (b"\0\0\0\x18ftypheic", "the format is HEIC"),
    ],
)
def test_decode_rejects_other_files_with_their_format_or_first_bytes(data: bytes, detail: str) -> None:
    """Includes PostScript, for which Pillow would run another program."""
    with pytest.raises(RejectedRecordError) as rejected:
        decode(data, Image())
    assert rejected.value.reason is Reason.NOT_AN_IMAGE
    assert rejected.value.detail.startswith(detail)


def test_decode_rejects_more_pixels_than_the_limit() -> None:
    data = encode_image(noise_image(10, 10))
    assert reason(data, Image(max_pixels=99)) is Reason.TOO_MANY_PIXELS
    assert decode(data, Image(max_pixels=100)).shape == (224, 224, 3)


@pytest.mark.parametrize("side", [12_000, 30_000])
def test_decode_rejects_decompression_bomb_by_its_header(side: int, tmp_path: Path) -> None:
    """Run in a separate process, whose memory no other test has grown."""
    data = png(chunk(b"IHDR", header(side, side)), chunk(b"IDAT", zlib.compress(bytes(1_000_000)) * 3))
    (tmp_path / "bomb.png").write_bytes(data)
    program = f"""
import resource
from headrace.config.configuration_model import Image
from headrace.prepare.encoders.images.image_transcoding import decode, decode_image
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode(open({str(tmp_path / "bomb.png")!r}, "rb").read(), Image())
except RejectedRecordError as rejected:
    print(rejected.reason, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1000)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    reason_name, megabytes = done.stdout.split()
    assert reason_name == "too_many_pixels"
    assert int(megabytes) < 50


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM"])
def test_decode_rejects_truncated_file(kind: str) -> None:
    data = encode_image(noise_image(40, 40), kind)
    for tenth in range(1, 10):
        assert reason(data[: len(data) * tenth // 10]) is Reason.TRUNCATED, tenth


def test_jpeg_file_that_ends_in_its_header_is_not_said_to_be_acceptable() -> None:
    data = encode_image(noise_image(40, 40), "JPEG")
    for accept in ("reject", "accept"):
        spec = unchanged_size(40, 40).model_copy(update={"truncated": accept})
        with pytest.raises(RejectedRecordError) as refused:
            decode(data[:300], spec)
        assert refused.value.reason is Reason.TRUNCATED
        assert refused.value.detail == "the file ends in its header, before its first pixel"


# Bytes that may be missing at the end without a pixel.
PADDING = {"WEBP": 1, "BMP": 3}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM"])
def test_decode_of_a_file_cut_anywhere_gives_a_reason(kind: str) -> None:
    data = encode_image(noise_image(9, 7), kind)
    accept = unchanged_size(9, 7).model_copy(update={"truncated": "accept"})
    for length in range(len(data)):
        roundtrip(data[:length], accept)
        if length < len(data) - PADDING.get(kind, 0):
            assert reason(data[:length]) in (Reason.TRUNCATED, Reason.NOT_AN_IMAGE, Reason.EMPTY), length


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "PPM"])
def test_decode_fills_what_is_missing_if_truncated_files_are_accepted(kind: str) -> None:
    image = noise_image(12, 10, channels=1)
    data = encode_image(image, kind)
    spec = unchanged_size(12, 10, "L").model_copy(update={"truncated": "accept"})
    kept = decode(data[:-45], spec)[:, :, 0] == np.asarray(image)
    assert kept.any(axis=1).sum() >= 6
    assert not kept.all()


@pytest.mark.parametrize("spec", FORMS, ids=lambda spec: f"{spec.mode}-{spec.resize}-{spec.codec}")
def test_decode_of_truncated_photo_gives_pixels_or_rejection(spec: Image) -> None:
    for kind in ("PNG", "JPEG"):
        data = encode_image(noise_image(40, 40), kind)
        for tenth in range(11):
            roundtrip(data[: len(data) * tenth // 10], spec)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(data=st.binary(max_size=200), spec=st.sampled_from(FORMS))
def test_decode_rejects_random_bytes(data: bytes, spec: Image) -> None:
    assert roundtrip(data, spec) is None


def exif_rich() -> PIL.Image.Exif:
    exif = PIL.Image.Exif()
    exif.update({0x0112: 6, 0x010E: "text", 0x011A: 72.0, 0x0102: (8, 8, 8), 0x927C: b"maker"})
    exif[0x8769] = {0x9000: b"0230", 0x829A: 0.01, 0x9286: b"ASCII\0\0\0hi"}
    return exif


def seeds() -> list[bytes]:
    """Return valid files of every format, in many modes."""
    files = []
    grey = PIL.Image.fromarray(np.random.default_rng(0).integers(0, 65536, (9, 7), np.uint16))
    images = [noise_image(9, 7).convert(mode) for mode in ("1", "L", "P", "LA", "RGB", "RGBA", "CMYK")]
    for image in [*images, grey]:
        for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM"):
            for options in ({}, {"exif": exif_rich().tobytes()}):
                try:
                    files.append(encode_image(image, kind, **options))
                except (OSError, ValueError):
                    continue  # the format has no such mode
    return files


SEEDS = seeds()


@settings(derandomize=True, deadline=None, max_examples=600)
@given(
    data=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
    head=st.booleans(),
    spec=st.sampled_from(FORMS),
)
def test_decode_of_damaged_file_gives_pixels_or_rejection(
    data: bytes, changes: list[tuple[float, int]], head: bool, spec: Image
) -> None:
    damaged = bytearray(data)
    for position, value in changes:
        damaged[int(position * min(len(damaged), 120 if head else len(damaged)))] = value
    spec = spec.model_copy(update={"max_pixels": 1_000_000})
    roundtrip(bytes(damaged), spec)


def test_decode_suppresses_pillow_warnings(recwarn: pytest.WarningsRecorder) -> None:
    image = PIL.Image.new("P", (2, 2))
    roundtrip(encode_image(image, transparency=b"\x00\x80"), FORMS[0])
    roundtrip(encode_image(noise_image(9, 9), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05"), FORMS[0])
    assert not recwarn.list
