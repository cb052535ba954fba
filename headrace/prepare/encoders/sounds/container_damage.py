"""Find truncated or damaged audio files, because libsndfile decodes what it can without an error.

Formats: Multimedia Programming Interface and Data Specifications 1.0 (RIFF, 1991), EBU Tech 3306 (RF64, 2009), Audio
Interchange File Format 1.3 (1989), RFC 3533 (Ogg).
"""

import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise

from headrace.prepare.encoders.sounds.mp3_frame_counting import is_mpeg, missing_frames
from headrace.wording import quantity

# Writers that do not know the length in advance, such as pipes, leave one of these.
UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFF, 0xFFFFF000)
OGG_PAGE, OGG_HEADER, OGG_FIRST, OGG_LAST = b"OggS", 27, 2, 4
OGG_CHECKSUM = slice(22, 26)
FLAC_STREAM = b"fLaC\0\0\0\x22"
# Files that others are joined to. An ID3 tag and that of APE at the end of a file are metadata.
BEGINNINGS = (b"RIFF", b"RIFX", b"RF64", b"FORM", b"fLaC", OGG_PAGE)
TAGS = (b"ID3", b"TAG", b"APETAGEX")
# Fewer bytes after the last chunk are what writers leave there.
TOLERATED_BYTES = 64
REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def missing_part(data: bytes) -> str | None:
    """Return what is missing in a file by its own header; None if nothing is, or if the header does not say."""
    missing = _missing_bytes(data)
    if missing:
        return f"at least {quantity(missing, 'byte')} {'is' if missing == 1 else 'are'} missing"
    frames = missing_frames(data)
    return f"{frames:,} frames are missing" if frames > 1 else None


def _missing_bytes(data: bytes) -> int:
    """Return how many bytes are missing by the header of a file; 0 if none, or if the header does not say."""
    match data[:4], data[8:12]:
        case (b"RIFF" | b"RF64", b"WAVE"):
            return _missing_of_chunks(data, b"data", "<")
        case (b"RIFX", b"WAVE"):
            return _missing_of_chunks(data, b"data", ">")
        case (b"FORM", b"AIFF" | b"AIFC"):
            return _missing_of_chunks(data, b"SSND", ">")
        case (b"OggS", _):
            return _missing_of_ogg(data)
    return 0


def with_unknown_size(data: bytes) -> bytes:
    """Return a WAV file with the mark of an unknown length if its header says 0, but samples follow.

    Pipes and recorders that were switched off leave such headers; libsndfile reads no sample of them.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return data
    for name, begin, size in _chunks(data, "<"):
        if name == b"data":
            whole = int.from_bytes(data[4:8], "little")
            is_unfinished = size == 0 and len(data) > begin and (whole in UNKNOWN_SIZES or whole + 8 <= begin)
            return data[: begin - 4] + b"\xff" * 4 + data[begin:] if is_unfinished else data
    return data


def damage(data: bytes) -> str | None:
    """Return why parts of a file would be left out without an error; None if there is nothing of that kind."""
    if data.startswith(OGG_PAGE):
        return _damage_of_ogg(data)
    if data.startswith(b"fLaC") and FLAC_STREAM in data[4:]:
        return "several FLAC files are joined, and only the first could be read"
    match data[:4], data[8:12]:
        case (b"RIFF", b"WAVE"):
            return _damage_after_samples(data, b"data", "<")
        case (b"RIFX", b"WAVE"):
            return _damage_after_samples(data, b"data", ">")
        case (b"FORM", b"AIFF" | b"AIFC"):
            return _damage_after_samples(data, b"SSND", ">")
    return None


def _damage_after_samples(data: bytes, samples: bytes, order: str) -> str | None:
    """Return what follows the samples and is no chunk of the file, as after a header with too small a length."""
    chunks = [(begin, size) for name, begin, size in _chunks(data, order) if name == samples]
    found = next(iter(chunks), None)
    # libsndfile reads of no samples, and a length of 0 is that of a header that was never finished.
    if found is None or (found[1] in UNKNOWN_SIZES and (found[1] or with_unknown_size(data) != data)):
        return None
    if len(chunks) > 1:
        return f"the file has {len(chunks)} chunks of samples; expected one"
    end = found[0] + found[1]
    # Some writers leave out the byte that fills an odd chunk up.
    rests = [_after_chunks(data, end + padding, order) for padding in range(1 + found[1] % 2)]
    rest = min(rests, key=len)
    if rest.startswith(BEGINNINGS) or is_mpeg(rest):
        return "several files are joined, and only the first could be read"
    if len(rest) <= TOLERATED_BYTES or not rest.strip(b"\0") or rest.startswith(TAGS):
        return None
    return f"{len(rest):,} bytes follow the {found[1]:,} bytes of samples that the header counts, and would not be read"


def _after_chunks(data: bytes, offset: int, order: str) -> bytes:
    """Return what follows the chunks that begin at an offset; nothing if the last of them ends early."""
    for name, begin, size in _chunks(data, order, offset):
        if name in BEGINNINGS or not all(32 <= byte < 127 for byte in name):
            return data[begin - 8 :]
        offset = begin + size + size % 2
    return data[offset:]


def _missing_of_chunks(data: bytes, samples: bytes, order: str) -> int:
    long_size = 0
    for name, begin, size in _chunks(data, order):
        if name == b"ds64" and len(data) >= begin + 16:
            long_size = struct.unpack_from("<Q", data, begin + 8)[0]
        if name == samples:
            expected = long_size if data[:4] == b"RF64" else 0 if size in UNKNOWN_SIZES else size
            return max(0, expected - (len(data) - begin))
    return 0


def _chunks(data: bytes, order: str, offset: int = 12) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, offset of the content and size of each chunk, from an offset on."""
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


def _damage_of_ogg(data: bytes) -> str | None:
    pages = list(_ogg_pages(data))
    for number, page in enumerate(pages):
        if _ogg_checksum(page) != int.from_bytes(page[OGG_CHECKSUM], "little"):
            return f"page {number + 1} of the Ogg file has a wrong checksum"
    if OGG_PAGE in data[sum(map(len, pages)) :]:
        return f"what follows page {len(pages)} of the Ogg file is not a page"
    # Streams that play at the same time all begin before the first page of content.
    if any(page[5] & OGG_FIRST and not last[5] & OGG_FIRST for last, page in pairwise(pages)):
        return "several Ogg files are joined, and only the first could be read"
    return None


def _ogg_pages(data: bytes) -> Iterator[bytes]:
    """Yield the pages from the first byte on, until something else follows."""
    begin = 0
    while data[begin : begin + 4] == OGG_PAGE and len(data) >= begin + OGG_HEADER:
        body = begin + OGG_HEADER + data[begin + OGG_HEADER - 1]
        end = body + sum(data[begin + OGG_HEADER : body])
        yield data[begin:end]
        begin = end


def _ogg_checksum(page: bytes) -> int:
    """Return the checksum of RFC 3533: that of zlib from the other end of each byte, without its inversions."""
    blank = page[: OGG_CHECKSUM.start] + bytes(4) + page[OGG_CHECKSUM.stop :]
    reflected = zlib.crc32(blank.translate(REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
