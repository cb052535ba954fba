"""Compressed files are read to the end of their last member, and damage behind it is an error."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from headrace.errors import DataError
from headrace.prepare.readers.compression import open_decompressed
from headrace.prepare.readers.text_stream import open_text

KINDS = [gzip.compress, bz2.compress, lzma.compress, pa.Codec("zstd").compress]
Compress = Callable[[bytes], bytes]
LINES = [f"{number}\n".encode() * 40_000 for number in range(5)]


@pytest.mark.parametrize("compress", KINDS)
def test_compressed_file_of_several_members_is_read_to_its_end(tmp_path: Path, compress: Compress) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(b"".join(bytes(compress(one)) for one in LINES))
    with open_text(path, None) as text:
        assert text.read() == b"".join(LINES).decode()


@pytest.mark.parametrize("compress", KINDS)
@pytest.mark.parametrize("behind", [b"no member of any kind", b"cut"])
def test_compressed_file_with_damage_behind_its_first_member_is_refused(
    tmp_path: Path, compress: Compress, behind: bytes
) -> None:
    path = tmp_path / "a.csv.gz"
    member = bytes(compress(LINES[0]))
    path.write_bytes(member + (member[: len(member) // 2] if behind == b"cut" else behind))
    with (
        pytest.raises(DataError, match=r"a.csv.gz (is damaged or truncated|cannot be read)"),
        open_text(path, None) as text,
    ):
        text.read()


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_zeros_between_and_behind_members_are_padding(compress: Compress) -> None:
    member = bytes(compress(b"text"))
    assert open_decompressed(io.BytesIO(member + bytes(8) + member + bytes(2**17))).read() == b"texttext"
