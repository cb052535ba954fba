"""The chunks of PNG files: which is damaged, whether the end is missing, and the content without metadata.

Format: W3C, Portable Network Graphics (PNG) Specification (Third Edition), section 5.
"""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = b"\0\0\0\0IEND\xaeB`\x82"
# A chunk has a length, a name and a checksum of four bytes each around its content.
FRAME = 12
GREY, TRUECOLOUR, PALETTE = 0, 2, 3
COLOUR_TYPE_AT = 25
# Adobe's XMP may hold the orientation; its keyword is followed by a flag that says whether it is compressed.
XMP = b"XML:com.adobe.xmp\0\0"


class PngChunk(NamedTuple):
    """A whole chunk: its name, and where its length begins and its checksum ends."""

    name: bytes
    start: int
    end: int


def chunks(data: bytes) -> Iterator[PngChunk]:
    """Yield the whole chunks of a file up to IEND, or up to bytes that are not a chunk."""
    offset = len(SIGNATURE)
    while len(data) >= offset + FRAME:
        name = data[offset + 4 : offset + 8]
        end = offset + FRAME + int.from_bytes(data[offset : offset + 4], "big")
        if end > len(data) or not name.isalpha():
            return
        yield PngChunk(name, offset, end)
        if name == b"IEND":
            return
        offset = end


def missing_end(data: bytes) -> str | None:
    """Return where a file without IEND ends; None if it has its end mark, or if it does not consist of chunks."""
    if data.endswith(END):
        return None
    offset = len(SIGNATURE)
    for chunk in chunks(data):
        if chunk.name == b"IEND":
            return None
        offset = chunk.end
    name = data[offset + 4 : offset + 8]
    if len(name) < 4:
        return "the file ends before the chunk IEND"
    return f"the file ends in the chunk {name.decode()}" if name.isalpha() else None


def damaged_chunk(data: bytes) -> str | None:
    """Return the name of the first chunk that decides the pixels and has a wrong checksum; None if there is none.

    libpng refuses these files too. It ignores the other chunks whose checksums are wrong, among them the palette of a
    file that has colours, which is a suggestion only. The checksums take 1.5% of the time to decode a photo.
    """
    deciding = (b"IHDR", b"IDAT", b"PLTE") if _colour_type(data) == PALETTE else (b"IHDR", b"IDAT")
    view = memoryview(data)
    for chunk in chunks(data):
        if chunk.name in deciding and not _is_valid(view, chunk):
            return chunk.name.decode()
    return None


def without_metadata(data: bytes) -> bytes:
    """Return a file of the chunks that decide the pixels, including valid ones for transparency and orientation.

    As in libpng, a damaged tRNS chunk is ignored, so that the image is opaque.
    """
    kept, offset, in_pixels = [SIGNATURE], len(SIGNATURE), False
    for chunk in chunks(data):
        in_pixels |= chunk.name == b"IDAT"
        if _is_needed(data, chunk, in_pixels):
            kept.append(data[chunk.start : chunk.end])
        offset = chunk.end
    # A file that ends early may end in its pixels.
    rest = data[offset:] if data[offset + 4 : offset + 8] == b"IDAT" else b""
    return b"".join([*kept, rest])


def _is_needed(data: bytes, chunk: PngChunk, in_pixels: bool) -> bool:
    if chunk.name in (b"IHDR", b"IDAT", b"IEND"):
        return True
    if chunk.name == b"PLTE":
        return _colour_type(data) == PALETTE
    if not _is_valid(memoryview(data), chunk):
        return False
    if chunk.name == b"tRNS":
        return not in_pixels and _has_transparency(data, chunk.end - chunk.start - FRAME)
    return chunk.name == b"eXIf" or data.startswith(b"iTXt" + XMP, chunk.start + 4)


def _has_transparency(data: bytes, length: int) -> bool:
    """Return whether `length` is that of a tRNS chunk: one colour, or the alpha of at most 256 palette entries."""
    colour_type = _colour_type(data)
    return (colour_type, length) in ((GREY, 2), (TRUECOLOUR, 6)) or (colour_type == PALETTE and 0 < length <= 256)


def _is_valid(view: memoryview, chunk: PngChunk) -> bool:
    return zlib.crc32(view[chunk.start + 4 : chunk.end - 4]) == int.from_bytes(view[chunk.end - 4 : chunk.end], "big")


def _colour_type(data: bytes) -> int:
    return data[COLOUR_TYPE_AT] if len(data) > COLOUR_TYPE_AT else GREY
