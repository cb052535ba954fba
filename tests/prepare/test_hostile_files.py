"""Every hostile file is written or rejected, and none fails the job."""

import io
import os
import struct
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import ExifTags

from headrace.prepare.job import prepare
from headrace.table import read
from headrace.table.rejects_and_duplicates_reader import read_rejects
from headrace.wording import escape_path
from tests.support.raw_images import configuration, encode_image, noise_image, read_rows

FORM = {"mode": "RGB", "size": [16, 16], "codec": "raw", "max_aspect": 20}


def bomb() -> bytes:
    """Return a PNG of 30,000 x 30,000 pixels in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(3751) * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def animation(kind: str) -> bytes:
    frames = [noise_image(20, 20, seed=number) for number in range(3)]
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def rotated_photo(orientation: int) -> bytes:
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return encode_image(noise_image(20, 30, seed=50 + orientation), "JPEG", exif=exif)


def nested_archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("cat/1.png")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    return buffer.getvalue()


def sixteen_bits() -> bytes:
    values = np.random.default_rng(1).integers(0, 65_536, (20, 20), np.uint16)
    return encode_image(PIL.Image.fromarray(values))


GOOD: dict[bytes, Callable[[], bytes]] = {
    b"cmyk.jpg": lambda: encode_image(noise_image(20, 20).convert("CMYK"), "JPEG"),
    b"sixteen.png": sixteen_bits,
    b"palette.gif": lambda: encode_image(noise_image(20, 20).convert("P"), "GIF"),
    b"alpha.png": lambda: encode_image(noise_image(20, 20).convert("RGBA")),
    b"grey.png": lambda: encode_image(noise_image(20, 20, channels=1)),
    b"bits.tiff": lambda: encode_image(noise_image(20, 20).convert("1"), "TIFF"),
    b"one.png": lambda: encode_image(noise_image(1, 1)),
    b"animated.gif": lambda: animation("GIF"),
    b"animated.webp": lambda: animation("WEBP"),
    b"png in a.jpg": lambda: encode_image(noise_image(20, 20, seed=7)),
    b"web.webp": lambda: encode_image(noise_image(20, 20, seed=8), "WEBP"),
    b"bitmap.bmp": lambda: encode_image(noise_image(20, 20, seed=9), "BMP"),
    b"new\nline.png": lambda: encode_image(noise_image(20, 20, seed=10)),
    b"'quotes' \"both\".png": lambda: encode_image(noise_image(20, 20, seed=11)),
    b"\xff\xfe.png": lambda: encode_image(noise_image(20, 20, seed=12)),
} | {f"exif{number}.jpg".encode(): (lambda number=number: rotated_photo(number)) for number in range(1, 9)}  # type: ignore[misc]

BAD: dict[bytes, tuple[Callable[[], bytes], str]] = {
    b"empty.png": (lambda: b"", "empty"),
    b"text.png": (lambda: b"I am a text.\n" * 9, "not_an_image"),
    b"bomb.png": (bomb, "too_many_pixels"),
    b"nested.tar": (nested_archive, "not_an_image"),
    b"thin.png": (lambda: encode_image(noise_image(1, 400)), "bad_aspect"),
    b"cut\xfe.jpg": (lambda: encode_image(noise_image(40, 40), "JPEG")[:700], "truncated"),
}


def write_hostile_files(folder: Path) -> None:
    for label in ("cat", "dog"):
        (folder / label).mkdir(parents=True)
    for number, (name, make) in enumerate(GOOD.items()):
        folder_bytes = os.fsencode(folder / ("cat", "dog")[number % 2])
        Path(os.fsdecode(folder_bytes + b"/" + name)).write_bytes(make())
    for name, (make, _) in BAD.items():
        Path(os.fsdecode(os.fsencode(folder / "cat") + b"/" + name)).write_bytes(make())


@pytest.mark.usefixtures("spark")
def test_hostile_files_are_written_or_rejected_with_reasons(tmp_path: Path) -> None:
    raw, table = tmp_path / "raw", tmp_path / "table"
    write_hostile_files(raw)
    whole = {
        kind: encode_image(noise_image(64, 64, seed=3), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
    }
    for kind, data in whole.items():
        for tenth in range(10):
            (raw / "dog" / f"{tenth}.{kind}").write_bytes(data[: len(data) * tenth // 10])
    result = prepare(configuration(raw, table, image=FORM, max_rejects=1.0))
    assert result["rows_in"] == len(GOOD) + len(BAD) + 60
    assert result["rows_in"] == result["written"] + result["rejected"]
    written = {row["path"].split("/", 1)[1] for row in read_rows(read(table))}
    rejects = {one.path.split("/", 1)[1]: one for one in read_rejects(table, 0, 999)}
    assert {escape_path(os.fsdecode(name)) for name in GOOD} <= written
    assert {name: rejects[escape_path(os.fsdecode(name))].reason for name in BAD} == {
        name: reason for name, (_, reason) in BAD.items()
    }
    assert all(reject.detail for reject in rejects.values())
    for kind in whole:
        assert rejects[f"0.{kind}"].reason == "empty"
    # Accepting truncated files would train the model on half-grey images.
    assert not {f"{tenth}.{kind}" for kind in ("PNG", "JPEG", "WEBP", "BMP") for tenth in range(10)} & written
