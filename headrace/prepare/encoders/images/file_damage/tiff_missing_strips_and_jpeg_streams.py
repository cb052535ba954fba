"""Find strips and tiles that a TIFF file lacks, and extract their JPEG data, of which libtiff's warnings get lost.

Format: TIFF 6.0 (1992), and Adobe's TIFF Technical Note 2 (1995): each strip or tile is a JPEG file without the tables
that all share.
"""

from collections.abc import Iterator, Mapping

from headrace.prepare.encoders.images.file_damage.jpeg_truncation_and_metadata import END, START
from headrace.prepare.encoders.images.file_damage.truncation_and_metadata_removal_by_format import (
    TIFF_HEADER,
    TIFF_STRIPS,
    TIFF_TILES,
    TiffEntry,
    tiff_entries,
    tiff_extent,
    tiff_values,
)
from headrace.wording import quantity

COMPRESSION, JPEG, TABLES = 259, (7,), 347
WIDTH, HEIGHT, ROWS_PER_STRIP, TILE_WIDTH, TILE_HEIGHT = 256, 257, 278, 322, 323
SAMPLES, PLANES, SEPARATE = 277, 284, 2


def missing_strips(data: bytes) -> str | None:
    """Return which strips or tiles of the first image a TIFF file lacks, whose pixels Pillow makes up; None if none."""
    entries = _entries(data)
    height, planes = _value(entries, data, HEIGHT, 0), _value(entries, data, PLANES, 1)
    copies = _value(entries, data, SAMPLES, 1) if planes == SEPARATE else 1
    if TIFF_TILES[0] in entries:
        sizes = (_value(entries, data, tag, 0) for tag in (WIDTH, TILE_WIDTH, TILE_HEIGHT))
        return _missing(data, entries[TIFF_TILES[0]], "tile", copies * _grid(height, *sizes))
    rows = _value(entries, data, ROWS_PER_STRIP, height)
    if TIFF_STRIPS[0] not in entries or rows == 0:
        return None
    return _missing(data, entries[TIFF_STRIPS[0]], "strip", copies * -(-height // rows))


def _grid(height: int, width: int, tile_width: int, tile_height: int) -> int:
    """Return the number of tiles; 0 if their size is not known."""
    return -(-width // tile_width) * -(-height // tile_height) if tile_width and tile_height else 0


def _missing(data: bytes, starts: TiffEntry, noun: str, expected: int) -> str | None:
    if starts.length < expected:
        return f"the file has {starts.length:,} of {quantity(expected, noun)}"
    # Writers of sparse files leave out tiles of one value.
    empty = sum(start < TIFF_HEADER for start in tiff_values(data, starts)[:expected])
    return (
        f"{empty:,} of {quantity(expected, noun)} of the file {'has' if empty == 1 else 'have'} no pixels"
        if empty
        else None
    )


def _entries(data: bytes) -> dict[int, TiffEntry]:
    """Return the entries of the first directory whose values are in the file, by tag."""
    return {one.tag: one for one in tiff_entries(data) or [] if tiff_extent(data, one)[1] <= len(data)}


def _value(entries: Mapping[int, TiffEntry], data: bytes, tag: int, default: int) -> int:
    values = tiff_values(data, entries[tag]) if tag in entries else ()
    return values[0] if values else default


def tiff_jpeg_streams(data: bytes) -> Iterator[bytes]:
    """Yield the strips or tiles of the first image of a TIFF file as JPEG files; nothing if it has none."""
    entries = _entries(data)
    if COMPRESSION not in entries or tiff_values(data, entries[COMPRESSION]) != JPEG:
        return
    tables = data[slice(*tiff_extent(data, entries[TABLES]))] if TABLES in entries else b""
    for starts, sizes in (TIFF_STRIPS, TIFF_TILES):
        if starts in entries and sizes in entries:
            extents = zip(tiff_values(data, entries[starts]), tiff_values(data, entries[sizes]), strict=False)
            for start, size in extents:
                body = data[start : start + size].removeprefix(START)
                # A strip without its end mark may have all of its pixels; what follows an end mark is ignored.
                yield START + tables.removeprefix(START).removesuffix(END) + body + END
