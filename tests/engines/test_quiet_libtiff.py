"""Damaged TIFF files are rejected with their names, and libtiff writes no line of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.raw_images import encode_image, noise_image

DECODE = """
import io, sys, PIL.Image
{first}
try:
    PIL.Image.open(io.BytesIO(open(sys.argv[1], "rb").read())).load()
except OSError as error:
    print(error)
"""
QUIET = "import headrace.prepare.encoders.images.pillow_decoder"


@pytest.mark.parametrize(("first", "expected"), [("", True), (QUIET, False)], ids=["Pillow alone", "Headrace"])
def test_errors_of_libtiff_are_not_written(first: str, expected: bool, tmp_path: Path) -> None:
    """If Pillow alone writes none, `quiet_libtiff` must go."""
    file = encode_image(noise_image(64, 64), "TIFF", compression="tiff_lzw")
    middle = len(file) // 2
    (tmp_path / "damaged.tif").write_bytes(file[:middle] + bytes(512) + file[middle + 512 :])
    command = [sys.executable, "-c", DECODE.format(first=first), str(tmp_path / "damaged.tif")]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "decoder error" in ended.stdout
    assert ("LZWDecode" in ended.stderr) is expected, ended.stderr
