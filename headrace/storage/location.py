"""From what a user wrote to a path: of this machine, or of a bucket."""

import re
from pathlib import Path

from headrace.storage.s3_path import S3Path

# `Path` makes one slash of two: what came through one is known all the same. s3a is Hadoop's name for s3.
S3 = re.compile(r"s3a?:/+")


def locate(place: str | Path) -> Path:
    """The path of a place; an `S3Path` where it is an address such as s3://bucket/raw, which s3a:// is too."""
    if isinstance(place, S3Path):
        return place
    address = S3.match(str(place))
    return S3Path("s3:/" + str(place)[address.end() - 1 :]) if address else Path(place)


def is_remote(path: Path) -> bool:
    """Whether it is of a store: without folders of its own, hard links, locks, or files that grow."""
    return isinstance(path, S3Path)
