"""What all sections of the configuration share: unknown keys are errors, values have ranges."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(gt=0)]
NonEmptyStr = Annotated[str, Field(min_length=1)]
ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
BUCKET = re.compile(r"s3a?://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/.*)?", re.DOTALL)
HDFS = re.compile(r"hdfs://([A-Za-z0-9._-]+(:[0-9]+)?)?/.*", re.DOTALL)
MOUNT = (
    "mount the store (s3fs, Mountpoint for S3, gcsfuse, HDFS's NFS gateway or FUSE, a CSI driver) or copy what is "
    "there (hadoop distcp), and give the folder"
)


def require_path(place: str) -> str:
    """Refuse addresses such as hdfs://host/table: taken for a path, each would quietly become a folder here.

    Raises:
        ValueError: it is one.
    """
    if ADDRESS.match(place):
        raise ValueError(
            "this is an address, and only a folder of this machine is taken here; docs/clusters/object-stores.md lists "
            f"what may be on s3://. For the rest, {MOUNT}"
        )
    return place


def require_location(place: str) -> str:
    """Refuse addresses other than s3://bucket/folder, of which s3a:// is another name, and credentials in them.

    Raises:
        ValueError: it is one, or names no bucket.
        PydanticCustomError: it holds credentials.
    """
    scheme, bucket = ADDRESS.match(place), BUCKET.fullmatch(place)
    if scheme is None:
        return place
    _require_no_credentials(place, "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY", "s3://bucket/folder")
    if scheme[1] == "hdfs":
        raise ValueError(f"hdfs:// is for data.source.path; expected a folder or s3://bucket/folder. Otherwise {MOUNT}")
    if scheme[1] not in ("s3", "s3a"):
        raise ValueError(f"{scheme[1]}:// is not read; expected a folder or s3://bucket/folder. Otherwise {MOUNT}")
    if bucket is None:
        raise ValueError("no bucket is named there; expected s3://bucket/folder")
    return place


def require_source(place: str) -> str:
    """As `require_location`, but for raw data, which is only read: hdfs://namenode:port/folder is one more place.

    Raises:
        ValueError: it is another address, or one without a folder.
        PydanticCustomError: it holds credentials.
    """
    if not place.startswith("hdfs://"):
        return require_location(place)
    _require_no_credentials(place, "HADOOP_USER_NAME, or a Kerberos ticket", "hdfs://namenode:port/folder")
    if not HDFS.fullmatch(place):
        raise ValueError("expected hdfs://namenode:port/folder, hdfs://nameservice/folder or hdfs:///folder")
    return place


def _require_no_credentials(place: str, names: str, instead: str) -> None:
    if "@" in place.partition("://")[2].partition("/")[0]:
        # An error of its own, because the others quote what they have received.
        raise PydanticCustomError(
            "secret",
            "the address holds credentials, and it is copied into tables and logs; put them into the environment "
            "({names}) and write {instead} here",
            {"names": names, "instead": instead},
        )


def require_folder_of_bucket(place: str) -> str:
    """Refuse a bucket as a whole: beside a table are others of its name, and a run is not all that is there.

    Raises:
        ValueError: it is one.
    """
    if ADDRESS.match(place) and len([part for part in place.split("/") if part]) < 3:
        raise ValueError("name a folder in the bucket, such as s3://bucket/folder")
    return place


Location = Annotated[NonEmptyStr, AfterValidator(require_location)]
StoredFolder = Annotated[Location, AfterValidator(require_folder_of_bucket)]
# JPEG stores no longer side.
Side = Annotated[int, Field(gt=0, le=65_500)]
# Keras, NumPy and TensorFlow all take these.
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Section(BaseModel):
    """A part of the configuration; unknown keys are errors, a section that says nothing has its defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_the_defaults(cls, section: object) -> object:
        return {} if section is None else section
