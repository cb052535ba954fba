"""Find files of several concatenated images, of which decoders read only the first.

A JPEG file may announce its further pictures, such as a depth map, in a segment (Multi-Picture Format, CIPA DC-007);
such a file is one photo. Neither are other bytes behind an image a second one: phones keep a video there.
"""

import re
import struct

from headrace.prepare.encoders.images import jpeg_segments, png_chunks

# Where one image ends and another one of the same format begins.
JPEG_BEGINNING = jpeg_segments.START + b"\xff"
# `re` finds it in half of the time of `bytes.find`, in a fortieth of that of decoding.
FURTHER_JPEG = re.compile(re.escape(JPEG_BEGINNING))
# Bytes with which writers fill up to the next block, between two JPEG files.
PADDING, MAX_PADDING = b"\0\r\n", 4096
MULTI_PICTURE = b"MPF\0"
PNG_SEAM = b"IEND\xaeB`\x82" + png_chunks.SIGNATURE
GIF, GIF_SEAM = b"GIF8", b"\0;GIF8"
BMP, RIFF, WEBP = b"BM", b"RIFF", b"WEBP"


def holds_another_image(data: bytes) -> bool:
    """Return whether an image file goes on with another image, for JPEG, PNG, GIF, WebP and BMP."""
    if data.startswith(jpeg_segments.START):
        return _holds_another_jpeg(data)
    if data.startswith(png_chunks.SIGNATURE):
        return PNG_SEAM in data
    if data.startswith(GIF):
        return GIF_SEAM in data
    if data.startswith(RIFF) and len(data) > 8:
        end = 8 + struct.unpack_from("<I", data, 4)[0]
        return data.startswith(RIFF, end) and data.startswith(WEBP, end + 8)
    if data.startswith(BMP) and len(data) > 6:
        end = struct.unpack_from("<I", data, 2)[0]
        return end > 0 and data.startswith(BMP, end) and len(data) - end > 54
    return False


def _holds_another_jpeg(data: bytes) -> bool:
    """Look behind the metadata, as previews lie there one behind another."""
    # Most files have no second beginning.
    if FURTHER_JPEG.search(data, len(JPEG_BEGINNING)) is None:
        return False
    header = list(jpeg_segments.segments(data))
    if not header or any(data.startswith(MULTI_PICTURE, segment.start + 4) for segment in header):
        return False
    end = data.find(jpeg_segments.END, header[-1].end)
    while end >= 0:
        if data[end + 2 : end + 2 + MAX_PADDING].lstrip(PADDING).startswith(JPEG_BEGINNING):
            return True
        end = data.find(jpeg_segments.END, end + 2)
    return False
