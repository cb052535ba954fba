"""Find blocks of zeros in the compressed pixels of WebP, AVIF and JPEG 2000 files, as a damaged disk leaves them.

Their decoders continue with wrong pixels. PNG has checksums, GIF and JPEG end early or break, and in the other formats
zeros may be pixels.
"""

from collections.abc import Iterator

from headrace.prepare.encoders.images.truncation_and_metadata_by_format import (
    AVIF,
    JP2,
    JPEG_2000,
    WEBP,
    find_structure,
    iter_boxes,
    iter_webp_chunks,
)

# Of a file system. Lossy WebP of one colour has a run of zeros too: 1,500 of 4,000 by 4,000 pixels.
BLOCK = bytes(4096)
WEBP_PIXELS, BOXES = (b"VP8 ", b"VP8L", b"ALPH", b"ANMF"), (b"mdat", b"jp2c")


def has_zeroed_block(data: bytes) -> bool:
    """Return whether the pixels of a WebP, AVIF or JPEG 2000 file hold a block of zeros."""
    # Most files have none anywhere, and padding in the metadata does not count.
    return BLOCK in data and any(data.find(BLOCK, start, end) >= 0 for start, end in _pixels(data))


def _pixels(data: bytes) -> Iterator[tuple[int, int]]:
    structure = find_structure(data)
    if structure is WEBP:
        yield from ((one.start, one.end) for one in iter_webp_chunks(data) if one.name in WEBP_PIXELS)
    elif structure in (AVIF, JP2):
        yield from ((one.start, one.end) for one in iter_boxes(data) if one.name in BOXES)
    elif structure is JPEG_2000:
        yield 0, len(data)
