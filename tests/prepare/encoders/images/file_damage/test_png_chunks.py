"""Only the chunks that decide the pixels of a PNG file matter."""

import zlib

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.config.configuration_model import Image
from headrace.prepare.encoders.images.file_damage.png_chunks import chunks, damaged_chunk, missing_end, without_metadata
from headrace.prepare.encoders.images.image_transcoding import decode
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from tests.support.image_files import png_chunk, with_chunk
from tests.support.raw_images import encode_image, noise_image

SPEC = Image(size=(12, 10), resize="stretch", codec="raw")
IMAGE = noise_image(12, 10)
PNG = encode_image(IMAGE)
LONG = bytes(2_000_000)
ANCILLARY = (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"bKGD", b"hIST", b"tIME", b"acTL",
             b"fcTL", b"prVt", b"sBIT", b"sPLT", b"cICP", b"eXIf")  # fmt: skip
METADATA = {
    "long text": png_chunk(b"zTXt", b"prompt\0\0" + zlib.compress(LONG)),
    "long international text": png_chunk(b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress(LONG)),
    "long profile": png_chunk(b"iCCP", b"icc\0\0" + zlib.compress(LONG)),
    "70 long texts": png_chunk(b"zTXt", b"p\0\0" + zlib.compress(bytes(1_000_000))) * 70,
    "profile of no bytes": png_chunk(b"iCCP"),
    "profile of another method": png_chunk(b"iCCP", b"icc\0\7abc"),
    "truncated profile": png_chunk(b"iCCP", b"icc\0\0" + zlib.compress(LONG)[:20]),
    "short gamma": png_chunk(b"gAMA"),
    "short colour space": png_chunk(b"sRGB"),
    "short density": png_chunk(b"pHYs", b"abc"),
    "transparency of three bytes": png_chunk(b"tRNS", b"abc"),
    "EXIF that is none": png_chunk(b"eXIf", b"junk"),
    "animation of no bytes": png_chunk(b"acTL"),
    "frame outside of the image": png_chunk(b"fcTL", bytes(26)),
    "damaged suggestion of a palette": png_chunk(b"PLTE", b"abc", damage=1),
}


def reject(data: bytes, spec: Image = SPEC) -> RejectedRecordError:
    with pytest.raises(RejectedRecordError) as rejected:
        decode(data, spec)
    return rejected.value


@pytest.mark.parametrize("extra", METADATA.values(), ids=METADATA.keys())
@pytest.mark.parametrize("at_end", [False, True], ids=["before", "after"])
def test_broken_metadata_do_not_change_the_pixels(extra: bytes, at_end: bool) -> None:
    data = PNG[:-12] + extra + PNG[-12:] if at_end else with_chunk(PNG, extra)
    assert np.array_equal(decode(data, SPEC), np.asarray(IMAGE))


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    extras=st.lists(
        st.tuples(st.sampled_from(ANCILLARY), st.binary(max_size=60), st.integers(0, 1)), min_size=1, max_size=3
    )
)
def test_ancillary_chunks_of_any_bytes_never_change_the_pixels(extras: list[tuple[bytes, bytes, int]]) -> None:
    data = with_chunk(PNG, b"".join(png_chunk(name, content, damage) for name, content, damage in extras))
    assert np.array_equal(decode(data, SPEC), np.asarray(IMAGE))


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT"])
def test_wrong_checksum_of_pixels_is_damage_that_names_the_chunk(name: bytes) -> None:
    chunk = next(one for one in chunks(PNG) if one.name == name)
    data = PNG[: chunk.end - 1] + bytes((PNG[chunk.end - 1] ^ 1,)) + PNG[chunk.end :]
    assert damaged_chunk(data) == name.decode()
    assert (reject(data).reason, reject(data).detail) == (
        Reason.DAMAGED,
        f"the checksum of the chunk {name.decode()} is wrong",
    )


def test_wrong_checksum_of_a_palette_is_damage() -> None:
    data = encode_image(IMAGE.convert("P"))
    palette = next(one for one in chunks(data) if one.name == b"PLTE")
    assert reject(data[: palette.end - 1] + b"~" + data[palette.end :]).detail.endswith("PLTE is wrong")


def test_transparency_survives_broken_metadata_and_is_ignored_when_damaged() -> None:
    black = encode_image(PIL.Image.new("RGB", (10, 12)))
    transparent = png_chunk(b"tRNS", bytes(6))
    assert decode(with_chunk(black, transparent + METADATA["long text"]), SPEC).min() == 255
    assert decode(with_chunk(black, png_chunk(b"tRNS", bytes(6), damage=1)), SPEC).max() == 0


def test_orientation_survives_broken_metadata() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 3
    turned = with_chunk(encode_image(IMAGE, exif=exif), METADATA["long text"])
    assert np.array_equal(decode(turned, SPEC), np.asarray(IMAGE)[::-1, ::-1])


@settings(derandomize=True, deadline=None, max_examples=60)
@given(length=st.integers(8, len(PNG) - 1))
def test_missing_end_finds_every_cut(length: int) -> None:
    assert missing_end(PNG[:length])
    assert reject(PNG[:length]).reason is Reason.TRUNCATED


def test_missing_end_accepts_bytes_behind_the_end() -> None:
    assert missing_end(PNG) is None
    assert missing_end(PNG + b"garbage") is None
    assert np.array_equal(decode(PNG + b"garbage", SPEC), np.asarray(IMAGE))


def test_without_metadata_keeps_the_chunks_of_the_pixels() -> None:
    assert without_metadata(with_chunk(PNG, png_chunk(b"tEXt", b"a\0b"))) == PNG


def test_image_without_its_end_mark_is_reported_as_otherwise_complete() -> None:
    assert "only the end mark is missing" in reject(PNG[:-12]).detail
    assert "pixels are missing" in reject(PNG[:-60]).detail
    accepted = SPEC.model_copy(update={"truncated": "accept"})
    assert np.array_equal(decode(PNG[:-12], accepted), np.asarray(IMAGE))
    assert np.array_equal(decode(PNG[:-60], accepted)[:3], np.asarray(IMAGE)[:3])
