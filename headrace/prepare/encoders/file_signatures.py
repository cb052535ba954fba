"""Identify unsupported file formats by their first bytes, for error messages."""

import base64
import re
from pathlib import Path

# Compressions that are not read.
COMPRESSIONS = (
    (0, b"\x04\x22\x4d\x18", "LZ4"),
    (0, b"\x02\x21\x4c\x18", "LZ4"),
    (0, b"\xff\6\0\0sNaPpY", "Snappy"),
    (0, b"\x82SNAPPY\0", "Snappy"),
    (0, b"\x89LZO\0", "LZO"),
    (0, b"\x1f\x9d", "compress (.Z)"),
    (0, b"LZIP\1", "lzip"),
    (0, b"\x5d\0\0", "LZMA"),
    (0, b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (0, b"Rar!\x1a\7", "RAR"),
)
# Those whose files may have no signature, by the suffix.
UNMARKED_COMPRESSIONS = {
    **{".snappy": "Snappy", ".sz": "Snappy", ".lz4": "LZ4", ".lzo": "LZO", ".lzma": "LZMA"},
    **{".br": "Brotli", ".deflate": "deflate", ".zlib": "zlib", ".zz": "zlib"},
}
# Formats of data whose first bytes do not tell, by the suffix.
UNMARKED_FORMATS = {
    **{".pkl": "pickle of Python", ".pickle": "pickle of Python", ".tfrecord": "TFRecord", ".tfrecords": "TFRecord"},
    **{".rds": "R", ".rda": "R", ".rdata": "R", ".dta": "Stata", ".sas7bdat": "SAS", ".mdb": "LMDB or Access"},
    **{".msgpack": "MessagePack", ".dbf": "dBase", ".rec": "RecordIO", ".bson": "BSON"},
}
# Characters of control that texts do not have; a compressed file has some of them soon.
CONTROLS = frozenset(bytes(range(9)) + bytes(range(14, 27)) + bytes(range(28, 32)))
SIGNATURES = (
    *COMPRESSIONS,
    (0, b"\0\0\1\0", "ICO"),
    (0, b"\0\0\2\0", "CUR"),
    (0, b"8BPS", "Photoshop"),
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "PostScript"),
    (0, b"\xff\x0a", "JPEG XL"),
    (4, b"JXL ", "JPEG XL"),
    (0, b"v/1\x01", "OpenEXR"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"DDS ", "DDS"),
    (0, b"qoif", "QOI"),
    (0, b"icns", "ICNS"),
    (0, b"\x93NUMPY", "NumPy"),
    (0, b"\x89HDF", "HDF5"),
    *((0, b"\x80" + bytes([protocol]), "pickle of Python") for protocol in range(2, 6)),
    (0, b"MATLAB 5.0", "MATLAB"),
    (0, b"$FL2", "SPSS"),
    (0, b"<stata_dta>", "Stata"),
    (0, b"SIMPLE  =", "FITS"),
    (0, b"FUJIFILMCCD-RAW", "raw camera"),
    (128, b"DICM", "DICOM"),
    (344, b"n+1\0", "NIfTI"),
    (0, b"PK\3\4", "zip"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "Zstandard"),
    (0, b"PAR1", "Parquet"),
    (0, b"ARROW1", "Arrow"),
    (0, b"FEA1", "Feather"),
    (0, b"Obj\1", "Avro"),
    (0, b"\xd0\xcf\x11\xe0", "an Office document"),
    (0, b"SQLite format 3\0", "SQLite"),
    (0, b"\x7fELF", "a program (ELF)"),
    (8, b"WAVE", "WAV (audio; prepare.input: audio reads it)"),
    (0, b"fLaC", "FLAC (audio; prepare.input: audio reads it)"),
    (0, b"OggS", "Ogg (audio; prepare.input: audio reads it)"),
    (0, b"ID3", "MP3 (audio; prepare.input: audio reads it)"),
    (0, b"\xff\xfb", "MP3 (audio; prepare.input: audio reads it)"),
    (0, b"\xff\xf3", "MP3 (audio; prepare.input: audio reads it)"),
    (8, b"AIF", "AIFF (audio; prepare.input: audio reads it)"),
    (4, b"ftypM4A", "M4A (AAC or Apple Lossless)"),
    (4, b"ftyp", "HEIC or MP4 (a video or audio)"),
    (0, b"\xff\xf1", "AAC"),
    (0, b"\xff\xf9", "AAC"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (WMA, WMV)"),
    (0, b"#!AMR", "AMR"),
    (0, b"caff", "CAF"),
    (0, b"wvpk", "WavPack"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"MThd", "MIDI"),
    (8, b"AVI ", "video (AVI)"),
    (0, b"FLV\1", "video (Flash)"),
    (0, b"\x1aE\xdf\xa3", "video (Matroska)"),
    (0, b"version https://git-lfs", "Git LFS pointer"),
)
IMAGES = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG", "PNG"),
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WebP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"BM", "BMP"),
)
# Formats whose markup would be words, as it can be valid UTF-8.
DOCUMENTS = {b"{\\rtf": "RTF", b"%PDF-": "PDF", b"%!PS": "PostScript", b"PK\3\4": "zip or an office document"}
# The beginning of a file in Base64, with or without the prefix of a data URL; it decodes to 48 bytes.
ENCODED = re.compile(r"\s*(?:data:[\w/+.-]+;base64,)?([A-Za-z0-9+/]{64})")
# Shorter marks are in other texts without spaces, too, such as keys.
MIN_ENCODED_MARK = 3
TGA_FOOTER = b"TRUEVISION-XFILE.\0"
MARKUP = (b"<svg", b"<?xml", b"<!doctype", b"<html")
HEAD_BYTES = 1024


def name_document(data: bytes) -> str | None:
    """Return the name of the format of a document whose bytes are not its text; None if it may be text."""
    return next((name for magic, name in DOCUMENTS.items() if data.startswith(magic)), None)


def name_encoded(text: str) -> str | None:
    """Return the name of the format of an image or a document in Base64; None if a text is something else."""
    found = ENCODED.match(text)
    if found is None:
        return None
    head = base64.b64decode(found[1])
    marks = ((magic, name) for start, magic, name in IMAGES if len(magic) >= MIN_ENCODED_MARK and start == 0)
    return next((name for magic, name in marks if head.startswith(magic)), None) or name_document(head)


def name_binary(data: bytes) -> str | None:
    """Return the name of the format of bytes that are no text; None if they may be text, or are of another format.

    Text may begin like a format, as BMW does; but it has no zero bytes.
    """
    return (name_image(data) or name_format(data)) if b"\0" in data[:HEAD_BYTES] else None


def name_compression(head: bytes, file: str) -> str | None:
    """Return the compression of a file that begins with `head`, if it is one that is not read; None if it is none.

    Args:
        file: name of the file, by whose suffix a compression without a signature is known.
    """
    found = next((name for start, magic, name in COMPRESSIONS if head.startswith(magic, start)), None)
    is_text = CONTROLS.isdisjoint(head)
    return found or (None if is_text else UNMARKED_COMPRESSIONS.get(Path(file).suffix.lower()))


def name_unmarked(head: bytes, file: str) -> str | None:
    """Return the format that the suffix of a file indicates, if its first bytes, `head`, are no text; else None."""
    return None if CONTROLS.isdisjoint(head) else UNMARKED_FORMATS.get(Path(file).suffix.lower())


def image_name(data: bytes) -> str | None:
    """Return the name of the format in which a file begins that is read as an image; None if its bytes do not tell."""
    return next((name for start, magic, name in IMAGES if data.startswith(magic, start)), None)


def name_image(data: bytes) -> str | None:
    """Return `image_name` with how the file is read, for messages of other kinds of input."""
    found = image_name(data)
    return f"{found} (prepare.input: image reads it)" if found else None


def name_format(data: bytes) -> str | None:
    """Return the name of the format of a file that is not read as an image; None if its bytes do not tell."""
    if data.endswith(TGA_FOOTER):
        return "TGA"
    head = data[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith(MARKUP):
        return "SVG" if b"<svg" in head else "HTML or XML"
    return next((name for start, magic, name in SIGNATURES if data.startswith(magic, start)), None)
