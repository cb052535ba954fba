"""Find files of several concatenated images, of which decoders read only the first.

A JPEG file may announce its further pictures, such as a depth map, in a segment (Multi-Picture Format, CIPA DC-007);
such a file is one photo. Other bytes after an image are no second image either: phones store a video there.
"""

import re
import struct

from headrace.prepare.encoders.images import jpeg_truncation_and_metadata, png_chunks
from headrace.prepare.encoders.images.truncation_and_metadata_by_format import (
    CODESTREAM,
    TIFF_STRIPS,
    TIFF_TILES,
    iter_boxes,
    tiff_entries,
    tiff_extent,
    tiff_values,
)

# Where one image ends and another one of the same format begins.
JPEG_BEGINNING = jpeg_truncation_and_metadata.START + b"\xff"
# `re` finds it in half of the time of `bytes.find`, in a fortieth of that of decoding.
FURTHER_JPEG = re.compile(re.escape(JPEG_BEGINNING))
# Bytes with which writers fill up to the next block, between two JPEG files.
PADDING, MAX_PADDING = b"\0\r\n", 4096
MULTI_PICTURE = b"MPF\0"
PNG_BOUNDARY = b"IEND\xaeB`\x82" + png_chunks.SIGNATURE
GIF, GIF_BOUNDARY = b"GIF8", b"\0;GIF8"
BMP, RIFF, WEBP = b"BM", b"RIFF", b"WEBP"
# Writers fill up to an offset that is even, or a multiple of 16.
TIFF, MAX_ALIGNMENT = (b"II*\0", b"MM\0*"), 15
CODESTREAM_BOUNDARY = jpeg_truncation_and_metadata.END + CODESTREAM
# The header of a PBM file, and of a PGM or PPM file, with its largest value; comments may be between the numbers.
PNM_KINDS = tuple(b"P%d" % kind for kind in range(1, 7))
PNM_SPACE = rb"(?:\s|#[^\n]*\n)+"
PBM = re.compile(rb"P([14])" + PNM_SPACE + rb"(\d+)" + PNM_SPACE + rb"(\d+)\s")
PNM = re.compile(rb"P([2356])" + PNM_SPACE + rb"(\d+)" + PNM_SPACE + rb"(\d+)" + PNM_SPACE + rb"(\d+)\s")
FURTHER_PNM = re.compile(rb"\s*P[1-6]\s")


def holds_another_image(data: bytes) -> bool:
    """Return whether another image follows in an image file, for all formats but JP2, whose decoder refuses that."""
    if data.startswith(jpeg_truncation_and_metadata.START):
        return _holds_another_jpeg(data)
    if data.startswith(png_chunks.SIGNATURE):
        return PNG_BOUNDARY in data
    if data.startswith(GIF):
        return GIF_BOUNDARY in data
    if data.startswith(RIFF) and len(data) > 8:
        end = 8 + struct.unpack_from("<I", data, 4)[0]
        return data.startswith(RIFF, end) and data.startswith(WEBP, end + 8)
    if data.startswith(BMP) and len(data) > 6:
        end = struct.unpack_from("<I", data, 2)[0]
        return end > 0 and data.startswith(BMP, end) and len(data) - end > 54
    if data.startswith(CODESTREAM):
        return CODESTREAM_BOUNDARY in data
    if data.startswith(TIFF):
        end = _tiff_end(data)
        return end > 0 and data[end : end + MAX_ALIGNMENT + len(TIFF[0])].lstrip(b"\0").startswith(TIFF)
    if data.startswith(PNM_KINDS):
        return _holds_another_pnm(data)
    return data.startswith(b"ftyp", 4) and [box.name for box in iter_boxes(data)].count(b"ftyp") > 1


def _holds_another_jpeg(data: bytes) -> bool:
    """Search only after the metadata, which holds previews one after another."""
    # Most files have no second beginning.
    if FURTHER_JPEG.search(data, len(JPEG_BEGINNING)) is None:
        return False
    header = list(jpeg_truncation_and_metadata.segments(data))
    if not header or any(data.startswith(MULTI_PICTURE, segment.start + 4) for segment in header):
        return False
    end = data.find(jpeg_truncation_and_metadata.END, header[-1].end)
    while end >= 0:
        if data[end + 2 : end + 2 + MAX_PADDING].lstrip(PADDING).startswith(JPEG_BEGINNING):
            return True
        end = data.find(jpeg_truncation_and_metadata.END, end + 2)
    return False


def _tiff_end(data: bytes) -> int:
    """Return where the directories, their values and the pixels of a TIFF file end, as far as they are known."""
    pointer, ends, seen = 4, [0], set[int]()
    while pointer not in seen and (entries := tiff_entries(data, pointer)):
        seen.add(pointer)
        values = {one.tag: tiff_values(data, one) for one in entries if tiff_extent(data, one)[1] <= len(data)}
        for starts, sizes in (TIFF_STRIPS, TIFF_TILES):
            ends += map(sum, zip(values.get(starts, ()), values.get(sizes, ()), strict=False))
        pointer = entries[-1].start + 12
        ends += [pointer + 4, *(tiff_extent(data, one)[1] for one in entries)]
    return max(ends)


def _holds_another_pnm(data: bytes) -> bool:
    """Return whether the pixels of a PBM, PGM or PPM file are followed by another header."""
    header = PBM.match(data) or PNM.match(data)
    if header is None:
        return False
    kind, width, height, *largest = map(int, header.groups())
    if kind < 4:
        # The pixels are numbers in ASCII.
        return b"P" in data[header.end() :] and re.search(rb"\sP[1-6]\s", data[header.end() - 1 :]) is not None
    row = (width + 7) // 8 if kind == 4 else width * (3 if kind == 6 else 1) * (2 if largest[0] > 255 else 1)
    return FURTHER_PNM.match(data, header.end() + height * row) is not None
