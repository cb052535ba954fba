"""Extract the JPEG data of a TIFF file, of which libtiff's warnings get lost.

Format: Adobe's TIFF Technical Note 2 (1995). Each strip or tile is a JPEG file without the tables that all share.
"""

from collections.abc import Iterator

from headrace.prepare.encoders.images.jpeg_truncation_and_metadata import END, START
from headrace.prepare.encoders.images.truncation_and_metadata_by_format import (
    TIFF_STRIPS,
    TIFF_TILES,
    tiff_entries,
    tiff_extent,
    tiff_values,
)

COMPRESSION, JPEG, TABLES = 259, (7,), 347


def tiff_jpeg_streams(data: bytes) -> Iterator[bytes]:
    """Yield the strips or tiles of the first image of a TIFF file as JPEG files; nothing if it has none."""
    entries = {one.tag: one for one in tiff_entries(data) or [] if tiff_extent(data, one)[1] <= len(data)}
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
