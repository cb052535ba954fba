"""Whatever a camera or a designer made of it comes out as uint8 pixels of the configured shape, or as a rejection."""

import io
import itertools
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from headrace.config.configuration import Image
from headrace.prepare.encoders.image import Pixels, decode, encode
from headrace.prepare.rejection import Reason, RejectedRecordError
from tests.support.raw_images import encode_image, noise_image

FORMS = [
    Image.model_validate({"mode": mode, "size": (5, 7), "resize": resize, "codec": codec})
    for mode, resize, codec in itertools.product(
        ("L", "RGB"), ("fit", "crop", "pad", "stretch"), ("raw", "png", "jpeg")
    )
]


def as_it_is(height: int, width: int, mode: str = "RGB") -> Image:
    """The form that changes no size."""
    return Image.model_validate({"mode": mode, "size": (height, width), "resize": "stretch", "codec": "raw"})


def reason(data: bytes, form: Image = FORMS[0]) -> Reason:
    with pytest.raises(RejectedRecordError) as rejected:
        decode(data, form)
    assert rejected.value.detail
    assert "\n" not in rejected.value.detail
    return rejected.value.reason


def stored(data: bytes, form: Image) -> Pixels | None:
    """What is read back of what is stored for `data`; None where it is rejected. Nothing else may happen."""
    shape = (*form.size, {"L": 1, "RGB": 3}[form.mode])
    try:
        pixels = decode(data, form)
    except RejectedRecordError:
        return None
    assert pixels.shape == shape
    assert pixels.dtype == np.uint8
    data = encode(pixels, form)
    if form.codec == "raw":
        return np.frombuffer(data, np.uint8).reshape(shape)
    with PIL.Image.open(io.BytesIO(data)) as image:
        assert image.format == form.codec.upper()
        assert image.mode == form.mode
        return np.asarray(image).reshape(shape)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.mode}-{form.resize}-{form.codec}")
def test_every_format_becomes_pixels_in_every_form(kind: str, form: Image) -> None:
    assert stored(encode_image(noise_image(11, 6), kind), form) is not None


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_pixels_that_need_no_change_stay_bit_for_bit(kind: str) -> None:
    image = noise_image(6, 9)
    assert np.array_equal(decode(encode_image(image, kind), as_it_is(6, 9)), np.asarray(image))


@pytest.mark.parametrize("codec", ["raw", "png"])
def test_what_is_stored_without_loss_is_what_was_prepared(codec: str) -> None:
    form = Image.model_validate({"mode": "RGB", "size": (6, 9), "codec": codec})
    data = encode_image(noise_image(20, 20))
    assert np.array_equal(stored(data, form), decode(data, form))


def test_jpeg_is_stored_in_the_quality_asked_for() -> None:
    pixels = np.asarray(noise_image(64, 64))
    sizes = [len(encode(pixels, Image(size=(64, 64), codec="jpeg", quality=quality))) for quality in (10, 50, 95)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2] / 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_exif_orientation_is_applied(kind: str, orientation: int) -> None:
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
    pixels = decode(data, as_it_is(16, 24, "L"))[:, :, 0]
    assert np.abs(pixels.astype(int) - upright).max() <= 20, orientation


def test_an_orientation_that_only_xmp_tells_is_applied() -> None:
    upright = np.zeros((16, 24), np.uint8)
    upright[:8, :8] = 255
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="3"/></x:xmpmeta>'
    data = encode_image(PIL.Image.fromarray(np.ascontiguousarray(np.rot90(upright, 2))), "JPEG", xmp=xmp)
    pixels = decode(data, as_it_is(16, 24, "L"))[:, :, 0]
    assert np.abs(pixels.astype(int) - upright).max() <= 20


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_ignored(orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    image = noise_image(6, 9)
    assert np.array_equal(decode(encode_image(image, exif=exif), as_it_is(6, 9)), np.asarray(image))


def test_odd_exif_does_not_cost_a_photograph() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    exif[0x011A] = 72.0
    raw = exif.tobytes()
    odd = raw.replace(b"\x01\x1a\x00\x05", b"\x01\x1a\x00\x02")  # a resolution that says it is text
    assert odd != raw
    pixels = decode(encode_image(noise_image(8, 16), "JPEG", exif=odd), as_it_is(16, 8))
    assert pixels.shape == (16, 8, 3)


def test_cmyk_becomes_the_colours_it_is_printed_in() -> None:
    colours = {(0, 255, 255, 0): (255, 0, 0), (255, 0, 255, 0): (0, 255, 0), (0, 0, 0, 255): (0, 0, 0)}
    for ink, light in colours.items():
        for kind in ("JPEG", "TIFF"):
            data = encode_image(PIL.Image.new("CMYK", (8, 8), ink), kind)
            assert np.abs(decode(data, as_it_is(8, 8)).astype(int) - light).max() <= 3
            grey = PIL.Image.new("RGB", (1, 1), light).convert("L").getpixel((0, 0))
            assert isinstance(grey, int)
            assert np.abs(decode(data, as_it_is(8, 8, "L")).astype(int) - grey).max() <= 3


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_what_is_transparent_lies_on_white(mode: str, kind: str) -> None:
    image = PIL.Image.new("RGBA", (3, 1))
    image.putdata([(0, 0, 0, 255), (0, 0, 0, 0), (0, 0, 0, 128)])
    pixels = decode(encode_image(image, kind, **({"lossless": True} if kind == "WEBP" else {})), as_it_is(1, 3, mode))
    assert [int(value) for value in pixels[0, :, 0]] == [0, 255, 127]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_with_alpha_lies_on_white(mode: str) -> None:
    image = PIL.Image.new("LA", (2, 1))
    image.putdata([(10, 255), (10, 0)])
    assert [int(value) for value in decode(encode_image(image), as_it_is(1, 2, mode))[0, :, 0]] == [10, 255]


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_entry_of_a_palette_lies_on_white(mode: str, kind: str) -> None:
    image = PIL.Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 200, 200, 200])
    image.putdata([0, 1])
    pixels = decode(encode_image(image, kind, transparency=0), as_it_is(1, 2, mode))
    assert [int(value) for value in pixels[0, :, 0]] == [255, 200]


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(("stored_as", "colour"), [("RGB", (9, 9, 9)), ("L", 9), ("1", 0)])
def test_a_colour_that_stands_for_transparent_lies_on_white(
    mode: str, stored_as: str, colour: int | tuple[int, int, int]
) -> None:
    """Also where the image has the wanted mode already."""
    data = encode_image(PIL.Image.new(stored_as, (2, 2), colour), transparency=colour)
    assert decode(data, as_it_is(2, 2, mode)).min() == 255


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_of_16_bit_grey_the_upper_byte_is_kept(kind: str, mode: str) -> None:
    values = np.array([[0, 255, 256, 257, 32767, 32768, 65279, 65280, 65535]], np.uint16)
    pixels = decode(encode_image(PIL.Image.fromarray(values), kind), as_it_is(1, 9, mode))
    assert pixels[0, :, 0].tolist() == [0, 0, 1, 1, 127, 128, 254, 255, 255]


def test_16_bit_grey_and_16_bit_colours_of_the_same_value_agree() -> None:
    values = np.arange(0, 65536, 97, np.uint16)[None]
    grey = decode(encode_image(PIL.Image.fromarray(values)), as_it_is(*values.shape))
    colour = decode(png_of_16_bit_colours(np.repeat(values[:, :, None], 3, 2)), as_it_is(*values.shape))
    assert np.array_equal(grey, colour)


def png_of_16_bit_colours(values: NDArray[np.uint16]) -> bytes:
    """Pillow reads such files but does not write them."""
    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return png(chunk(b"IHDR", header(width, height, depth=16)), chunk(b"IDAT", zlib.compress(rows)))


def png(*chunks: bytes) -> bytes:
    return b"".join([b"\x89PNG\r\n\x1a\n", *chunks, chunk(b"IEND", b"")])


def chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def header(width: int, height: int, depth: int = 8) -> bytes:
    return width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([depth, 2, 0, 0, 0])


def test_an_image_of_floats_is_rejected_because_nothing_says_what_is_white() -> None:
    assert reason(encode_image(PIL.Image.new("F", (4, 4), 0.5), "TIFF")) is Reason.UNKNOWN_RANGE


def test_an_image_of_32_bits_is_taken_only_within_16() -> None:
    within, beyond, below = (np.array([[0, value]], np.int32) for value in (65535, 65536, -1))
    assert decode(encode_image(PIL.Image.fromarray(within), "TIFF"), as_it_is(1, 2, "L"))[0, :, 0].tolist() == [0, 255]
    assert reason(encode_image(PIL.Image.fromarray(beyond), "TIFF")) is Reason.UNKNOWN_RANGE
    assert reason(encode_image(PIL.Image.fromarray(below), "TIFF")) is Reason.UNKNOWN_RANGE


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_one_bit_is_black_or_white(kind: str) -> None:
    image = PIL.Image.new("1", (2, 1))
    image.putdata([0, 255])
    assert decode(encode_image(image, kind), as_it_is(1, 2))[0, :, 0].tolist() == [0, 255]


@pytest.mark.parametrize("mode", ["LAB", "YCbCr"])
@pytest.mark.parametrize("form", [as_it_is(4, 4, "L"), as_it_is(4, 4)], ids=["L", "RGB"])
def test_other_colour_spaces_become_grey_too(mode: str, form: Image) -> None:
    assert decode(encode_image(PIL.Image.new(mode, (4, 4), (255, 128, 128)), "TIFF"), form).min() >= 250


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    first, second = PIL.Image.new("RGB", (8, 8), "red"), PIL.Image.new("RGB", (8, 8), "blue")
    data = encode_image(first, kind, save_all=True, append_images=[second])
    assert np.abs(decode(data, as_it_is(8, 8)).astype(int) - (255, 0, 0)).max() <= 3


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.mode}-{form.resize}-{form.codec}")
@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2, 3), (400, 300)])
def test_the_smallest_and_the_longest_images_have_the_shape_too(size: tuple[int, int], form: Image) -> None:
    pixels = stored(encode_image(PIL.Image.new("RGB", size, "white")), form)
    assert pixels is not None
    assert pixels.max() > 200, "the image has vanished"


def test_an_empty_file_and_one_too_large_have_their_reasons() -> None:
    assert reason(b"") is Reason.EMPTY
    assert reason(b"x" * 101, Image(max_bytes=100)) is Reason.TOO_MANY_BYTES


@pytest.mark.parametrize(
    "data",
    [
        b"I am text.\n",
        b"\0" * 1000,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n",
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04",
    ],
)
def test_what_is_no_image_is_told_by_its_first_bytes(data: bytes) -> None:
    """PostScript among it: Pillow would run another program to draw it."""
    assert reason(data) is Reason.NOT_AN_IMAGE


def test_more_pixels_than_the_limit_are_rejected_and_as_many_are_not() -> None:
    data = encode_image(noise_image(10, 10))
    assert reason(data, Image(max_pixels=99)) is Reason.TOO_MANY_PIXELS
    assert decode(data, Image(max_pixels=100)).shape == (224, 224, 3)


@pytest.mark.parametrize("side", [12_000, 30_000])
def test_a_bomb_is_rejected_by_its_header_within_little_memory(side: int, tmp_path: Path) -> None:
    """In a process of its own, whose memory nothing else has grown."""
    data = png(chunk(b"IHDR", header(side, side)), chunk(b"IDAT", zlib.compress(bytes(1_000_000)) * 3))
    (tmp_path / "bomb.png").write_bytes(data)
    program = f"""
import resource
from headrace.config.configuration import Image
from headrace.prepare.encoders.image import decode
from headrace.prepare.rejection import RejectedRecordError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode(open({str(tmp_path / "bomb.png")!r}, "rb").read(), Image())
except RejectedRecordError as rejected:
    print(rejected.reason, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1000)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    said, megabytes = done.stdout.split()
    assert said == "too_many_pixels"
    assert int(megabytes) < 50


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM"])
def test_a_file_cut_short_anywhere_is_rejected(kind: str) -> None:
    data = encode_image(noise_image(40, 40), kind)
    for tenth in range(1, 10):
        assert reason(data[: len(data) * tenth // 10]) in (Reason.DAMAGED, Reason.NOT_AN_IMAGE), tenth


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.mode}-{form.resize}-{form.codec}")
def test_a_photograph_cut_anywhere_is_pixels_or_a_rejection(form: Image) -> None:
    for kind in ("PNG", "JPEG"):
        data = encode_image(noise_image(40, 40), kind)
        for tenth in range(11):
            stored(data[: len(data) * tenth // 10], form)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(data=st.binary(max_size=200), form=st.sampled_from(FORMS))
def test_random_bytes_are_rejected(data: bytes, form: Image) -> None:
    assert stored(data, form) is None


def exif_rich() -> PIL.Image.Exif:
    exif = PIL.Image.Exif()
    exif.update({0x0112: 6, 0x010E: "text", 0x011A: 72.0, 0x0102: (8, 8, 8), 0x927C: b"maker"})
    exif[0x8769] = {0x9000: b"0230", 0x829A: 0.01, 0x9286: b"ASCII\0\0\0hi"}
    return exif


def seeds() -> list[bytes]:
    """Valid files of every format, in many modes."""
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
    form=st.sampled_from(FORMS),
)
def test_a_damaged_file_is_pixels_or_a_rejection(
    data: bytes, changes: list[tuple[float, int]], head: bool, form: Image
) -> None:
    damaged = bytearray(data)
    for place, value in changes:
        damaged[int(place * min(len(damaged), 120 if head else len(damaged)))] = value
    form = form.model_copy(update={"max_pixels": 1_000_000})
    stored(bytes(damaged), form)


def test_a_warning_of_pillow_does_not_reach_the_user(recwarn: pytest.WarningsRecorder) -> None:
    image = PIL.Image.new("P", (2, 2))
    stored(encode_image(image, transparency=b"\x00\x80"), FORMS[0])
    stored(encode_image(noise_image(9, 9), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05"), FORMS[0])
    assert not recwarn.list
