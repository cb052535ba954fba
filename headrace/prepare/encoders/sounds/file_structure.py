"""Where a sound file ends before its header says: libsndfile returns what is there, without an error.

Formats: Multimedia Programming Interface and Data Specifications 1.0 (RIFF, 1991), EBU Tech 3306 (RF64, 2009), Audio
Interchange File Format 1.3 (1989), RFC 3533 (Ogg).
"""

import struct
from collections.abc import Iterator

# Writers that do not know the length in advance, such as pipes, leave one of these.
UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFF, 0xFFFFF000)
OGG_PAGE, OGG_HEADER, OGG_LAST = b"OggS", 27, 4


def missing_bytes(data: bytes) -> int:
    """Return how many bytes a file lacks by its own header; 0 if none, or if the header does not tell."""
    match data[:4], data[8:12]:
        case (b"RIFF" | b"RF64", b"WAVE"):
            return _missing_of_chunks(data, b"data", "<")
        case (b"FORM", b"AIFF" | b"AIFC"):
            return _missing_of_chunks(data, b"SSND", ">")
        case (b"OggS", _):
            return _missing_of_ogg(data)
    return 0


def _missing_of_chunks(data: bytes, samples: bytes, order: str) -> int:
    long_size = 0
    for name, begin, size in _chunks(data, order):
        if name == b"ds64" and len(data) >= begin + 16:
            long_size = struct.unpack_from("<Q", data, begin + 8)[0]
        if name == samples:
            expected = long_size if data[:4] == b"RF64" else 0 if size in UNKNOWN_SIZES else size
            return max(0, expected - (len(data) - begin))
    return 0


def _chunks(data: bytes, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, offset of the content and size of each chunk."""
    offset = 12
    while offset + 8 <= len(data):
        name, size = struct.unpack_from(f"{order}4sI", data, offset)
        yield name, offset + 8, size
        offset += 8 + size + size % 2


def _missing_of_ogg(data: bytes) -> int:
    """Return 1 if the last page is not the end of the stream, as no page says how many follow."""
    last = data.rfind(OGG_PAGE)
    if len(data) < last + OGG_HEADER:
        return 1
    segments = data[last + OGG_HEADER - 1]
    body = last + OGG_HEADER + segments
    end = body + sum(data[last + OGG_HEADER : body])
    return max(end - len(data), 0 if data[last + 5] & OGG_LAST else 1)
