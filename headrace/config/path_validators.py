"""Check the paths and addresses of raw data, tables, runs and registries in a configuration."""

import re
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from headrace.config.base_section import NonEmptyStr

ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
BUCKET = re.compile(r"s3a?://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/.*)?", re.DOTALL)
HDFS = re.compile(r"hdfs://([A-Za-z0-9._-]+(:[0-9]+)?)?/.*", re.DOTALL)
MOUNT = (
    "mount the store (s3fs, Mountpoint for S3, gcsfuse, HDFS's NFS gateway or FUSE, a CSI driver) or copy the "
    "data (hadoop distcp), and give the folder"
)


def require_path(location: str) -> str:
    """Return `location`, which must be a local path; as a path, hdfs://host/table would silently become a folder.

    Raises:
        ValueError: `location` is an address.
    """
    if ADDRESS.match(location):
        raise ValueError(
            "expected a folder of this machine, not an address; docs/clusters/object-stores.md lists the keys "
            f"that accept s3://. Otherwise {MOUNT}"
        )
    return location


def require_location(location: str) -> str:
    """Return `location`, which must be a local path or s3://bucket/folder (s3a:// is an alias) without credentials.

    Raises:
        ValueError: `location` is another address, or names no bucket.
        PydanticCustomError: `location` holds credentials.
    """
    scheme, bucket = ADDRESS.match(location), BUCKET.fullmatch(location)
    if scheme is None:
        return location
    _require_no_credentials(location, "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY", "s3://bucket/folder")
    if scheme[1] == "hdfs":
        raise ValueError(
            f"hdfs:// is accepted only by data.source.path; expected a folder or s3://bucket/folder. Otherwise {MOUNT}"
        )
    if scheme[1] not in ("s3", "s3a"):
        raise ValueError(f"{scheme[1]}:// is not supported; expected a folder or s3://bucket/folder. Otherwise {MOUNT}")
    if bucket is None:
        raise ValueError("the address names no bucket; expected s3://bucket/folder")
    return location


def require_source(location: str) -> str:
    """Return `location`, which must pass `require_location` or be hdfs://namenode:port/folder: raw data is only read.

    Raises:
        ValueError: `location` is another address, or names no folder.
        PydanticCustomError: `location` holds credentials.
    """
    if not location.startswith("hdfs://"):
        return require_location(location)
    _require_no_credentials(location, "HADOOP_USER_NAME, or a Kerberos ticket", "hdfs://namenode:port/folder")
    if not HDFS.fullmatch(location):
        raise ValueError("expected hdfs://namenode:port/folder, hdfs://nameservice/folder or hdfs:///folder")
    return location


def _require_no_credentials(location: str, names: str, instead: str) -> None:
    if "@" in location.partition("://")[2].partition("/")[0]:
        # A separate error type, because all other errors quote the value received.
        raise PydanticCustomError(
            "secret",
            "the address holds credentials, and addresses are copied into tables and logs; set them in the environment "
            "({names}) and write {instead}",
            {"names": names, "instead": instead},
        )


def require_folder_of_bucket(location: str) -> str:
    """Return `location`, which must not be a whole bucket: a table has sibling tables, and a run shares its bucket.

    Raises:
        ValueError: `location` is a bucket without a folder.
    """
    if ADDRESS.match(location) and len([part for part in location.split("/") if part]) < 3:
        raise ValueError("name a folder in the bucket, such as s3://bucket/folder")
    return location


Location = Annotated[NonEmptyStr, AfterValidator(require_location)]
StoredFolder = Annotated[Location, AfterValidator(require_folder_of_bucket)]
