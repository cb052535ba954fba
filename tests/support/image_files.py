"""Parts of image files: chunks of PNG and segments of JPEG, valid or with a wrong checksum or length."""

import struct
import zlib


def png_chunk(name: bytes, content: bytes = b"", damage: int = 0) -> bytes:
    """Return a chunk; `damage` is XORed into its checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content) ^ damage)


def with_chunk(file: bytes, extra: bytes) -> bytes:
    """Return a PNG file with chunks after its header, which ends at byte 33."""
    return file[:33] + extra + file[33:]


def jpeg_segment(marker: int, content: bytes, length: int | None = None) -> bytes:
    """Return a segment; `length` replaces the true one."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2 if length is None else length) + content


def with_segment(file: bytes, extra: bytes) -> bytes:
    """Return a JPEG file with segments after its first two bytes."""
    return file[:2] + extra + file[2:]
