"""Detect truncated image files, and strip metadata that stops decoders; Pillow decodes the rest.

Decoders refuse intact pixels because of damaged metadata. Only files that a decoder has refused are rewritten, so that
intact files take no longer. JPEG, PNG, GIF and JPEG 2000 end with a mark; the other formats state their length.
"""

import re
import struct
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from headrace.prepare.encoders.images.file_damage import jpeg_truncation_and_metadata, png_chunks

WEBP_PIXELS = (b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L")
# Flags of the chunk VP8X that announce a colour profile, EXIF and XMP.
WEBP_METADATA_FLAGS = 0x20 | 0x08 | 0x04
CODESTREAM = b"\xff\x4f\xff\x51"
GIF_EXTENSION, GIF_IMAGE, GIF_END, GIF_CONTROL = b"!", b",", b";", b"!\xf9\4"
# An item of EXIF in the list of an AVIF file's items: versions 2 and 3 of its box.
AVIF_EXIF = re.compile(rb"(infe[\2\3].{3}(?:.{2}|.{4})\0\0)Exif", re.DOTALL)
# Tags that decide the pixels of a TIFF file; TIFF 6.0, and the tags of JPEG, of tiles and of sample formats.
TIFF_PIXELS = {
    *(254, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325),
    *(332, 338, 339, 347, 512, 513, 514, 519, 520, 521, 529, 530, 531, 532),
}
# The orientation: its tag, as one 16-bit number.
TIFF_ORIENTATION = (274, 3, 1)
TIFF_HEADER = 8
TIFF_STRIPS, TIFF_TILES = (273, 279), (324, 325)
# Bytes of a value by the type of its entry; one for other types.
TIFF_BYTES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}


class Structure(NamedTuple):
    """The functions that parse a format.

    Attributes:
        missing_end: returns where a file without its end mark ends; None if it has one. Takes no time for intact files.
        ends_early: as `missing_end`, but only for files that cannot be decoded, as it may take long or guess.
        without_metadata: returns the file without its metadata.
    """

    missing_end: Callable[[bytes], str | None] | None = None
    ends_early: Callable[[bytes], str | None] | None = None
    without_metadata: Callable[[bytes], bytes] | None = None


def find_structure(data: bytes) -> Structure:
    """Return the structure of an image file, by its first bytes; an empty one for other files."""
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp" and (b"avif" in data[8:64] or b"avis" in data[8:64]):
        return AVIF
    return next((known for magic, known in STRUCTURES.items() if data.startswith(magic)), Structure())


class WebpChunk(NamedTuple):
    """A chunk of a WebP file: its name, and where its length begins and its content ends."""

    name: bytes
    start: int
    end: int


def iter_webp_chunks(data: bytes) -> Iterator[WebpChunk]:
    """Yield the chunks of a file; the last one may end beyond the file. After a wrong length, search for pixels."""
    offset = 12
    while offset + 8 <= len(data):
        name, length = data[offset : offset + 4], int.from_bytes(data[offset + 4 : offset + 8], "little")
        end = offset + 8 + length + length % 2
        if name not in WEBP_PIXELS and not _follows_chunk(data, end):
            end = _find_pixels(data, offset + 8)
        yield WebpChunk(name, offset, end)
        offset = end


def _follows_chunk(data: bytes, offset: int) -> bool:
    name = data[offset : offset + 4]
    return offset == len(data) or (len(name) == 4 and name.replace(b" ", b"A").isalnum())


def _find_pixels(data: bytes, offset: int) -> int:
    """Return where the next chunk of pixels begins that ends within the file; the length of `data` without one."""
    for found in re.finditer(b"VP8[ L]|ALPH|ANMF|ANIM", data[offset:]):
        start = offset + found.start()
        if start + 8 + int.from_bytes(data[start + 4 : start + 8], "little") <= len(data):
            return start
    return len(data)


def _webp_ends_early(data: bytes) -> str | None:
    found = list(iter_webp_chunks(data))
    cut = next((one for one in found if one.name in WEBP_PIXELS and one.end > len(data) + 1), None)
    if cut is not None:
        return f"the file ends in the chunk {cut.name.decode().strip()}"
    announced = 8 + int.from_bytes(data[4:8], "little")
    has_pixels = any(one.name in (b"VP8 ", b"VP8L", b"ANMF") for one in found)
    return None if has_pixels or announced <= len(data) else "the file ends before its pixels"


def _webp_without_metadata(data: bytes) -> bytes:
    body = b""
    for chunk in iter_webp_chunks(data):
        if chunk.name in WEBP_PIXELS and chunk.end <= len(data) + 1:
            body += data[chunk.start : chunk.end].ljust(chunk.end - chunk.start, b"\0")
    if body.startswith(b"VP8X") and len(body) > 8:
        body = body[:8] + bytes((body[8] & ~WEBP_METADATA_FLAGS,)) + body[9:]
    return b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body


def gif_blocks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of each whole block, up to the end mark or to bytes that are not a block."""
    offset = gif_header_end(data)
    while offset < len(data):
        kind = data[offset : offset + 1]
        end = offset + 1 if kind == GIF_END else _gif_block_end(data, offset)
        if end > len(data) or kind not in (GIF_EXTENSION, GIF_IMAGE, GIF_END):
            return
        yield kind, offset, end
        if kind == GIF_END:
            return
        offset = end


def has_frames(data: bytes) -> bool:
    """Return whether a GIF file has more than one image; Pillow would seek, and so lose the first one."""
    images = (kind for kind, _, _ in gif_blocks(data) if kind == GIF_IMAGE)
    return len(list(islice(images, 2))) == 2


def gif_header_end(data: bytes) -> int:
    """Return where the header of a GIF file and its palette end."""
    return 13 + _palette_bytes(data[10:11])


def _palette_bytes(flags: bytes) -> int:
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _gif_block_end(data: bytes, offset: int) -> int:
    """Return where a block ends; beyond the file if the file ends first."""
    image = data[offset : offset + 1] == GIF_IMAGE
    offset += 11 + _palette_bytes(data[offset + 9 : offset + 10]) if image else 2
    while offset < len(data) and data[offset]:
        offset += 1 + data[offset]
    return offset + 1


def _gif_missing_end(data: bytes) -> str | None:
    return None if data.endswith(GIF_END) else _gif_ends_early(data)


def _gif_ends_early(data: bytes) -> str | None:
    offset = gif_header_end(data)
    for kind, _, end in gif_blocks(data):
        if kind == GIF_END:
            return None
        offset = end
    known = offset >= len(data) or data[offset : offset + 1] in (GIF_EXTENSION, GIF_IMAGE)
    return "the file ends without its end mark" if known else None


def _gif_without_metadata(data: bytes) -> bytes:
    """Return the first image, complete or not, with the block that names its transparent colour."""
    kept, offset = data[: gif_header_end(data)], gif_header_end(data)
    for kind, start, end in gif_blocks(data):
        if kind == GIF_IMAGE:
            return kept + data[start:end] + GIF_END
        if data[start : start + 3] == GIF_CONTROL:
            kept += data[start:end]
        offset = end
    return kept + data[offset:]


class Box(NamedTuple):
    """A box of an AVIF or JP2 file: its name, and where it begins and ends."""

    name: bytes
    start: int
    end: int


def iter_boxes(data: bytes) -> Iterator[Box]:
    """Yield the boxes of an AVIF or JP2 file; the last one may end beyond the file. A length of 0 means to its end."""
    offset = 0
    while offset + 8 <= len(data):
        length, header = int.from_bytes(data[offset : offset + 4], "big"), 8
        if length == 1:
            length, header = int.from_bytes(data[offset + 8 : offset + 16], "big"), 16
        name = data[offset + 4 : offset + 8]
        if 0 < length < header or not name.replace(b" ", b"A").isalnum():
            return
        end = offset + length if length else len(data)
        yield Box(name, offset, end)
        offset = end


def _avif_ends_early(data: bytes) -> str | None:
    boxes = list(iter_boxes(data))
    if boxes and boxes[-1].end > len(data):
        return f"the file ends in the box {boxes[-1].name.decode()!r}"
    return None if any(box.name == b"mdat" for box in boxes) else "the file ends before its pixels"


def _avif_without_metadata(data: bytes) -> bytes:
    """Return the file with its EXIF as an item that decoders skip."""
    return AVIF_EXIF.sub(rb"\1free", data)


def _jp2_missing_end(data: bytes) -> str | None:
    boxes = list(iter_boxes(data))
    codestream = next((box for box in boxes if box.name == b"jp2c"), None)
    if codestream is not None:
        whole = codestream.end <= len(data)
        return _codestream_missing_end(data[codestream.start :]) if whole else "the file ends in its codestream"
    ends = boxes[-1].end if boxes else len(data)
    return "the file ends before its codestream" if ends + 8 > len(data) else None


def _jp2_without_metadata(data: bytes) -> bytes:
    """Return the file with the boxes that decide the pixels, even if the length of another one is wrong."""
    kept = [data[box.start : box.end] for box in iter_boxes(data) if box.name in (b"jP  ", b"ftyp", b"jp2h")]
    start = data.find(b"jp2c" + CODESTREAM)
    return b"".join([*kept, data[start - 4 :]]) if start >= 0 else data


def _codestream_missing_end(data: bytes) -> str | None:
    return None if data.rfind(jpeg_truncation_and_metadata.END) >= 0 else "the file ends without its end mark"


class TiffEntry(NamedTuple):
    """An entry of a directory of a TIFF file: its tag, the type and number of its values, and where it begins."""

    tag: int
    kind: int
    length: int
    start: int


def tiff_order(data: bytes) -> str:
    """Return how `struct` names the byte order of a TIFF file."""
    return "<" if data.startswith(b"II") else ">"


def tiff_entries(data: bytes, pointer: int = 4) -> list[TiffEntry] | None:
    """Return the entries of a directory; None if the file ends before its end, or if there is none.

    Args:
        pointer: where the offset of the directory is; that of the first one is in the header. An offset of 0 says that
            no directory follows.
    """
    order = tiff_order(data)
    if len(data) < pointer + 4 or len(data) < (start := struct.unpack_from(f"{order}I", data, pointer)[0]) + 2:
        return None
    if start < TIFF_HEADER:
        return None
    count = struct.unpack_from(f"{order}H", data, start)[0]
    if start + 2 + 12 * count + 4 > len(data):
        return None
    offsets = range(start + 2, start + 2 + 12 * count, 12)
    fields = (struct.unpack_from(f"{order}HHI", data, offset) for offset in offsets)
    return [TiffEntry(tag, kind, length, at) for (tag, kind, length), at in zip(fields, offsets, strict=True)]


def tiff_extent(data: bytes, entry: TiffEntry) -> tuple[int, int]:
    """Return where the values of an entry begin and end: inside it if they take up to four bytes, else anywhere."""
    size = TIFF_BYTES.get(entry.kind, 1) * entry.length
    start = entry.start + 8
    if size > 4:
        start = struct.unpack_from(f"{tiff_order(data)}I", data, start)[0]
    return start, start + size


def tiff_values(data: bytes, entry: TiffEntry) -> tuple[int, ...]:
    """Return the integers of an entry; empty if it has another type."""
    letter = {3: "H", 4: "I"}.get(entry.kind)
    start = tiff_extent(data, entry)[0]
    return struct.unpack_from(f"{tiff_order(data)}{entry.length}{letter}", data, start) if letter else ()


def _tiff_ends_early(data: bytes) -> str | None:
    entries = [entry for entry in tiff_entries(data) or [] if entry.tag in TIFF_PIXELS]
    if not entries or any(tiff_extent(data, entry)[1] > len(data) for entry in entries):
        return "the file ends before its directory does"
    values = {entry.tag: tiff_values(data, entry) for entry in entries if entry.tag in (*TIFF_STRIPS, *TIFF_TILES)}
    for starts, sizes in (TIFF_STRIPS, TIFF_TILES):
        ends = map(sum, zip(values.get(starts, ()), values.get(sizes, ()), strict=False))
        if any(end > len(data) for end in ends):
            return "the file ends in its pixels"
    return None


def _tiff_without_metadata(data: bytes) -> bytes:
    """Return the file with a first directory of only the tags that decide the pixels."""
    entries = tiff_entries(data)
    if not entries:
        return data
    kept = [
        data[one.start : one.start + 12] for one in entries if one.tag in TIFF_PIXELS or one[:3] == TIFF_ORIENTATION
    ]
    directory = struct.pack(f"{tiff_order(data)}H", len(kept)) + b"".join(kept) + bytes(4)
    start = entries[0].start - 2
    # There is room: the directory has become shorter, by at least as much as the offset of the next one takes.
    return data[:start] + directory + data[start + len(directory) :] if len(kept) < len(entries) else data


PNG = Structure(missing_end=png_chunks.missing_end, without_metadata=png_chunks.without_metadata)
JPEG = Structure(
    missing_end=jpeg_truncation_and_metadata.missing_end, without_metadata=jpeg_truncation_and_metadata.without_metadata
)
GIF = Structure(missing_end=_gif_missing_end, ends_early=_gif_ends_early, without_metadata=_gif_without_metadata)
WEBP = Structure(ends_early=_webp_ends_early, without_metadata=_webp_without_metadata)
AVIF = Structure(ends_early=_avif_ends_early, without_metadata=_avif_without_metadata)
TIFF = Structure(ends_early=_tiff_ends_early, without_metadata=_tiff_without_metadata)
JP2 = Structure(missing_end=_jp2_missing_end, without_metadata=_jp2_without_metadata)
JPEG_2000 = Structure(missing_end=_codestream_missing_end)
STRUCTURES = {
    png_chunks.SIGNATURE: PNG,
    jpeg_truncation_and_metadata.START: JPEG,
    b"GIF8": GIF,
    b"II*\0": TIFF,
    b"MM\0*": TIFF,
    b"\0\0\0\x0cjP  ": JP2,
    CODESTREAM: JPEG_2000,
}
