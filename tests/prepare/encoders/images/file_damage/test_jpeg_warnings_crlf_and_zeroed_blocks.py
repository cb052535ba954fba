"""Files whose line feeds became CR LF are rejected, and no others."""

from typing import Any

import numpy as np
import PIL.Image
import pytest

from headrace.config.configuration_model import Image
from headrace.prepare.encoders.images.image_transcoding import decode, decode_image
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from tests.support.raw_images import encode_image, noise_image

SPEC = Image.model_validate({"mode": "RGB", "size": (16, 16), "resize": "stretch", "codec": "raw"})
ACCEPT = SPEC.model_copy(update={"truncated": "accept"})
PHOTO = PIL.Image.fromarray(
    np.asarray(noise_image(15, 20).resize((260, 200))) // 2 + np.asarray(noise_image(200, 260)) // 8
)
# Decoders read these with wrong pixels.
SILENT: list[tuple[str, dict[str, Any]]] = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("JPEG", {"optimize": True, "comment": b"one\r\ntwo\r\n"}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("BMP", {}),
    ("PPM", {}),
]
OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("TIFF", {}),
    ("TIFF", {"compression": "jpeg"}),
    ("PNG", {}),
    ("GIF", {}),
    ("AVIF", {}),
    ("JPEG2000", {}),
    ("JPEG2000", {"no_jp2": True}),
]


def in_text_mode(file: bytes) -> bytes:
    return file.replace(b"\n", b"\r\n")


def with_git(file: bytes) -> bytes:
    """Git leaves a CR LF as it is."""
    return in_text_mode(file.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize("damage", [in_text_mode, with_git])
@pytest.mark.parametrize("spec", [SPEC, ACCEPT])
@pytest.mark.parametrize(("kind", "options"), SILENT)
def test_file_with_other_line_feeds_is_damaged(kind: str, options: dict[str, Any], spec: Image, damage: Any) -> None:
    file = damage(encode_image(PHOTO, kind, **options))
    with pytest.raises(RejectedRecordError, match="transfer it in binary mode") as rejected:
        decode(file, spec)
    assert rejected.value.reason is Reason.DAMAGED


@pytest.mark.parametrize("damage", [in_text_mode, with_git])
@pytest.mark.parametrize(("kind", "options"), OTHERS)
def test_file_with_other_line_feeds_is_rejected_in_each_format(kind: str, options: dict[str, Any], damage: Any) -> None:
    with pytest.raises(RejectedRecordError):
        decode(damage(encode_image(PHOTO, kind, **options)), SPEC)


@pytest.mark.parametrize("behind", [b"", b"\r\n", b"\r\n" * 4, b"\n", bytes(1000)])
@pytest.mark.parametrize("colour", ["black", "white", (10, 13, 10), (0, 10, 13)])
@pytest.mark.parametrize(("kind", "options"), [*SILENT, *OTHERS])
def test_intact_file_of_one_colour_is_kept(kind: str, options: dict[str, Any], colour: Any, behind: bytes) -> None:
    """Of which each line feed may follow a carriage return."""
    file = encode_image(PIL.Image.new("RGB", (20, 10), colour), kind, **options)
    assert np.array_equal(decode(file + behind, SPEC), decode(file, SPEC))


def test_text_with_cr_lf_in_the_metadata_is_no_damage() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        file = encode_image(noise_image(8, 8), kind, exif=b"Exif\0\0" + b"a line\r\n" * 100)
        assert decode_image(file, SPEC).findings == set()


@pytest.mark.parametrize("header", [b"P6\n9 3\n255\n", b"P5\n9 9\n255\n", b"P4\n70 9\n"])
def test_short_file_of_which_only_the_header_has_line_feeds_is_found(header: bytes) -> None:
    with pytest.raises(RejectedRecordError, match="transfer it in binary mode"):
        decode(in_text_mode(header + bytes(range(100, 181))), SPEC)
