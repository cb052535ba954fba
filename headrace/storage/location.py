"""From what a user wrote to a path: of this machine, of a bucket, or of HDFS."""

import re
from pathlib import Path
from typing import TypeGuard

from headrace.storage.hdfs.path import HdfsPath
from headrace.storage.remote_path import RemotePath
from headrace.storage.s3.path import S3Path

# `Path` makes one slash of two: what came through one is known all the same. s3a is Hadoop's name for s3.
S3 = re.compile(r"s3a?:/+")
# Of one slash nobody could say whether a server comes next or a folder.
HDFS = re.compile(r"hdfs://(?P<server>[^/]*)(?P<path>.*)", re.DOTALL)


def locate(place: str | Path) -> Path:
    """The path of a place: of s3://bucket/raw, which s3a:// is too, an `S3Path`, of hdfs://host/raw an `HdfsPath`."""
    if isinstance(place, RemotePath):
        return place
    if address := S3.match(str(place)):
        return S3Path("s3:/" + str(place)[address.end() - 1 :])
    if address := HDFS.fullmatch(str(place)):
        return HdfsPath.of(address["server"], address["path"])
    return Path(place)


def is_remote(path: Path) -> TypeGuard[RemotePath]:
    """Whether it is not of this machine: without links, locks, or files that grow."""
    return isinstance(path, RemotePath)
