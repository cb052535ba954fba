"""Distinguish truncated from damaged FLAC files (RFC 9639); libsndfile reports the same error for both."""

from collections.abc import Iterator
from dataclasses import dataclass

from headrace.wording import quantity

FLAC, STREAM_INFO = b"fLaC", 0
BLOCK_HEADER = 4
SYNC = (b"\xff\xf8", b"\xff\xf9")  # frames of one size, and of several sizes
# Sizes of blocks by their code: 6 and 7 stand for a number of one and of two bytes after the header.
BLOCK_SIZES = {1: 192} | {code: 144 << code for code in range(2, 6)} | {code: 1 << code for code in range(8, 16)}
BLOCK_BYTES = {6: 1, 7: 2}
RATE_BYTES = {12: 1, 13: 2, 14: 2}
LONGEST_HEADER = 16


@dataclass(frozen=True)
class StreamInfo:
    """Content of the first block: sizes of blocks and of frames (in bytes), and samples; 0 if not known."""

    max_block: int
    min_frame: int
    samples: int


def describe_flac_truncation(data: bytes) -> str | None:
    """Return what is missing at the end of a FLAC file; None if nothing is, if it is not known, or for other files."""
    info = _stream_info(data)
    if info is None:
        return None
    last = next(_headers_from_the_end(data, info), None)
    end = 0 if last is None else last[1]
    if end < info.samples:
        return f"at most {end:,} of {info.samples:,} samples of each channel are there"
    if last is not None and (missing := info.min_frame - (len(data) - last[0])) > 0:
        return f"at least {quantity(missing, 'byte')} {'is' if missing == 1 else 'are'} missing"
    return None


def _stream_info(data: bytes) -> StreamInfo | None:
    block = data[len(FLAC) + BLOCK_HEADER :][:34]
    if len(block) < 34 or not data.startswith(FLAC) or data[len(FLAC)] & 0x7F != STREAM_INFO:
        return None
    samples = int.from_bytes(block[13:18], "big") & (1 << 36) - 1
    return StreamInfo(int.from_bytes(block[2:4], "big"), int.from_bytes(block[4:7], "big"), samples)


def _headers_from_the_end(data: bytes, info: StreamInfo) -> Iterator[tuple[int, int]]:
    """Yield where a frame begins and how many samples there are up to its end, for frames from the last one on."""
    offset = len(data)
    while (offset := max(data.rfind(sync, 0, offset) for sync in SYNC)) >= 0:
        end = _end_of_block(data[offset : offset + LONGEST_HEADER], info)
        if end is not None:
            yield offset, end


def _end_of_block(header: bytes, info: StreamInfo) -> int | None:
    """Return the sample after the block of a frame; None if its header is not one."""
    if len(header) < 6:
        return None
    size_code, rate_code = header[2] >> 4, header[2] & 15
    digits = max(1, f"{header[4]:08b}".index("0")) if header[4] != 0xFF else 8
    after_number = 4 + digits
    after_size = after_number + BLOCK_BYTES.get(size_code, 0)
    checksum = after_size + RATE_BYTES.get(rate_code, 0)
    if digits > 7 or len(header) <= checksum or _checksum(header[:checksum]) != header[checksum]:
        return None
    number = header[4] & (0x7F if digits == 1 else 0x7F >> digits)
    for byte in header[5:after_number]:
        number = number << 6 | byte & 0x3F
    size = BLOCK_SIZES.get(size_code, int.from_bytes(header[after_number:after_size], "big") + 1)
    return number + size if header[1] & 1 else number * info.max_block + size


def _checksum(data: bytes) -> int:
    """Return the CRC of a header, with the polynomial x^8 + x^2 + x + 1."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value << 1 ^ (0x107 if value & 0x80 else 0)
    return value
