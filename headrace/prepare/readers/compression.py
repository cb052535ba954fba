"""Detect the compression of a file from its first bytes, because names are often wrong."""

SIGNATURES = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
# The longest signature.
HEAD_BYTES = 6


def find_compression(head: bytes) -> str | None:
    """Return the compression of a file that begins with `head`, of at least HEAD_BYTES bytes; None if there is none."""
    return next((name for signature, name in SIGNATURES.items() if head.startswith(signature)), None)
