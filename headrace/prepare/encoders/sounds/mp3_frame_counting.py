"""Count MP3 frames, because libsndfile estimates the length if the header has no number of frames.

It reads no further than the guess: of a file of variable bitrate or of joined files, the rest would be lost without an
error. Formats: ISO/IEC 11172-3 and 13818-3 (layer III), ID3 2.4.0, and the header of Xing, which LAME calls Info.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

BITRATES = {1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)}
BITRATES[2] = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
RATES = (44_100, 48_000, 32_000)
# Number of times that the rates are halved, by the two bits of the version: MPEG 2.5, reserved, 2, 1.
RATE_SHIFTS = {0: 2, 2: 1, 3: 0}
LAYER_III, MONO, ID3_HEADER = 1, 3, 10
COUNT_FIELD = 1  # flag of a header of Xing that has the number of frames
COUNTING_BITRATE = 9  # index of a bitrate whose frames have space for a header at all rates


@dataclass(frozen=True)
class MpegFrame:
    """A frame: its first byte, its bytes, and where in it a header of Xing is, if there is one."""

    begin: int
    size: int
    header_place: int


def is_mpeg(data: bytes) -> bool:
    """Return whether bytes begin like an MP3 file without tags."""
    return _frame(data, 0) is not None


def with_frame_count(data: bytes) -> bytes:
    """Return an MP3 file with the number of its frames in a header, where it has none or one with a smaller number."""
    frames = list(_frames(data))
    if not frames:
        return data
    first = frames[0]
    declared = _declared(data, first)
    if declared is not None and declared >= len(frames) - 1:
        return data
    return _counting_frame(data, first, len(frames)) + data[first.begin :]


def missing_frames(data: bytes) -> int:
    """Return how many frames are missing in an MP3 file by its header; 0 if none, or if it has no number of frames.

    Some encoders count the frame of the header, too, so that one frame is not missing.
    """
    frames = list(_frames(data)) if data.startswith(b"ID3") or is_mpeg(data) else []
    declared = _declared(data, frames[0]) if frames else None
    return 0 if declared is None else max(0, declared - (len(frames) - 1))


def _frames(data: bytes) -> Iterator[MpegFrame]:
    """Yield all complete frames. What lies between them, such as tags, is skipped up to two frames in a row."""
    offset = after_tags(data)
    in_row = False
    while 0 <= offset < len(data):
        frame = _frame(data, offset)
        end = offset + frame.size if frame else 0
        if frame and end <= len(data) and (in_row or end == len(data) or _frame(data, end)):
            yield frame
            in_row, offset = True, end
        else:
            in_row, offset = False, data.find(b"\xff", after_tags(data, offset + 1))


def after_tags(data: bytes, offset: int = 0) -> int:
    """Return the first byte after the ID3 tags at an offset; a picture in them may have bytes like a frame."""
    while data[offset : offset + 3] == b"ID3" and len(data) >= offset + ID3_HEADER:
        high, upper, lower, low = data[offset + 6 : offset + ID3_HEADER]
        offset += ID3_HEADER + (high << 21 | upper << 14 | lower << 7 | low)
    return offset


def _frame(data: bytes, begin: int) -> MpegFrame | None:
    """Return the frame of layer III that begins there; None if none does, or one whose size is free."""
    if len(data) < begin + 4 or data[begin] != 0xFF or data[begin + 1] & 0xE0 != 0xE0:
        return None
    _, kind, rates, channels = data[begin : begin + 4]
    version, layer, bitrate, rate = kind >> 3 & 3, kind >> 1 & 3, rates >> 4, rates >> 2 & 3
    if version not in RATE_SHIFTS or layer != LAYER_III or bitrate in (0, 15) or rate == len(RATES):
        return None
    first = RATE_SHIFTS[version] == 0
    size = _size(bitrate, first, RATES[rate] >> RATE_SHIFTS[version]) + (rates >> 1 & 1)
    side = (17 if first else 9) if channels >> 6 == MONO else (32 if first else 17)
    return MpegFrame(begin, size, 4 + side)


def _size(bitrate: int, first: bool, rate: int) -> int:
    return (144 if first else 72) * BITRATES[1 if first else 2][bitrate - 1] * 1000 // rate


def _declared(data: bytes, first: MpegFrame) -> int | None:
    """Return the number of frames in the header of the first one, which it does not count."""
    place = first.begin + first.header_place
    if data[place : place + 4] not in (b"Xing", b"Info") or len(data) < place + 12:
        return None
    flags, count = struct.unpack_from(">II", data, place + 4)
    return int(count) if flags & COUNT_FIELD else None


def _counting_frame(data: bytes, like: MpegFrame, count: int) -> bytes:
    """Return a frame that has only the number of frames that follow; decoders play none of it."""
    version, rates, channels = data[like.begin + 1 : like.begin + 4]
    # No checksum, no padding.
    head = bytes((0xFF, version | 1, COUNTING_BITRATE << 4 | rates & 0x0C, channels))
    frame = _frame(head, 0)
    size = frame.size if frame else 0
    content = head.ljust(like.header_place, b"\0") + b"Xing" + struct.pack(">II", COUNT_FIELD, count)
    return content.ljust(size, b"\0")
