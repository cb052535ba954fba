"""Check the paths and addresses of raw data, tables, runs and registries in a configuration."""

import re
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from headrace.config.base_section import NonEmptyStr

ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
# Names of buckets and containers, each with an optional folder.
BUCKETS = {
    "s3": re.compile(r"s3a?://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/.*)?", re.DOTALL),
    "gs": re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/.*)?", re.DOTALL),
    "az": re.compile(r"az://[a-z0-9][a-z0-9-]{1,61}[a-z0-9](/.*)?", re.DOTALL),
    "abfss": re.compile(r"abfss?://[a-z0-9][a-z0-9-]{1,61}[a-z0-9]@[a-z0-9]{3,24}(\.[a-z0-9-]+)+(/.*)?", re.DOTALL),
}
SYNONYMS = {"s3a": "s3", "abfs": "abfss"}
CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY",
    "abfss": "AZURE_STORAGE_ACCOUNT_KEY",
}
FORMS = {
    "s3": "s3://bucket/folder",
    "gs": "gs://bucket/folder",
    "az": "az://container/folder",
    "abfss": "abfss://container@account.dfs.core.windows.net/folder",
}
ADDRESSES = "s3://bucket/folder, gs://bucket/folder, az://container/folder or abfss://..."
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
            f"that accept {ADDRESSES}. Otherwise {MOUNT}"
        )
    return location


def require_location(location: str) -> str:
    """Return `location`, which must be a local path or the address of a folder on an object store, see FORMS.

    Raises:
        ValueError: `location` is another address, or names no bucket.
        PydanticCustomError: `location` holds credentials.
    """
    scheme = ADDRESS.match(location)
    if scheme is None:
        return location
    store = SYNONYMS.get(scheme[1], scheme[1])
    # Before the other checks, whose messages repeat the address; abfss://container@account has no secret.
    if store != "abfss" or ":" in location.partition("://")[2].partition("@")[0]:
        _require_no_credentials(location, CREDENTIALS.get(store, CREDENTIALS["s3"]), FORMS.get(store, FORMS["s3"]))
    if scheme[1] == "hdfs":
        raise ValueError(
            f"hdfs:// is accepted only by data.source.path; expected a folder or {ADDRESSES}. Otherwise {MOUNT}"
        )
    if store not in BUCKETS:
        raise ValueError(f"{scheme[1]}:// is not supported; expected a folder or {ADDRESSES}. Otherwise {MOUNT}")
    if not BUCKETS[store].fullmatch(location):
        raise ValueError(f"the address names no bucket; expected {FORMS[store]}")
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
