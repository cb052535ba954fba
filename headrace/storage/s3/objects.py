"""Read and write objects of a bucket. The only importer of `obstore`, which is imported on first use."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from headrace.errors import StoreError
from headrace.storage.concurrent_reads import prefetch
from headrace.storage.s3.connection_settings import endpoint, open_bucket
from headrace.storage.s3.errors import describe

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta
    from obstore.store import S3Store


# What is larger is fetched in parts: a request has its time, and several at once are faster.
PART = 32 << 20


class Status(NamedTuple):
    """Status of an object.

    Attributes:
        key: its name in the bucket.
        size: in bytes.
        modified: seconds since 1970, whole ones.
        e_tag: another one where the content is another.
    """

    key: str
    size: int
    modified: float
    e_tag: str


def get(bucket: str, key: str) -> bytes:
    """Return the whole content of an object.

    Raises:
        FileNotFoundError: there is none.
        StoreError: the store refuses, or does not answer.
    """
    import obstore

    with _told(bucket, key):
        found = obstore.get(_client(bucket), key)
        status = _status(found.meta)
        if status.size <= PART:
            return bytes(found.bytes())
    parts = range(0, status.size, PART)
    return b"".join(prefetch(lambda at: get_range(bucket, status, at, min(at + PART, status.size)), parts))


def get_range(bucket: str, status: Status, start: int, stop: int) -> bytes:
    """Return the bytes from `start` to `stop` of the object with this `status`.

    Raises:
        StoreError: it has become another, the store refuses, or does not answer.
    """
    import obstore

    with _told(bucket, status.key):
        options: GetOptions = {"range": (start, stop), "if_match": status.e_tag}
        return bytes(obstore.get(_client(bucket), status.key, options=options).bytes())


def head(bucket: str, key: str) -> Status:
    """Return the status of an object.

    Raises:
        FileNotFoundError: there is none.
        StoreError: the store refuses, or does not answer.
    """
    import obstore

    if ".." in key.split("/"):
        raise FileNotFoundError(2, "no such object", f"s3://{bucket}/{key}")
    with _told(bucket, key):
        return _status(obstore.head(_client(bucket), key))


def put(bucket: str, key: str, data: bytes | memoryview) -> None:
    """Make `data` the content of an object: readers see what was there before, or all of it.

    Raises:
        StoreError: the store refuses, or does not answer.
    """
    import obstore

    with _told(bucket, key, writes=True):
        obstore.put(_client(bucket), key, memoryview(data).cast("B"))


def replace(bucket: str, key: str, data: bytes, before: str | None) -> str | None:
    """Make `data` the content of an object if it still is the one with the tag `before`, or is not there if None.

    Its new tag, None where that was not so: of many who try at once, one at most gets a tag. Where the answer to a put
    that went well was lost, the next try finds the object changed, and gives None too: whoever must know then reads it.

    Raises:
        StoreError: the store refuses, does not answer, or knows no conditions.
    """
    import obstore
    from obstore.exceptions import AlreadyExistsError, PreconditionError

    with _told(bucket, key, writes=True):
        try:
            made = obstore.put(_client(bucket), key, data, mode="create" if before is None else {"e_tag": before})
        except (AlreadyExistsError, PreconditionError):
            return None
    return made["e_tag"] or ""


def get_with_tag(bucket: str, key: str) -> tuple[bytes, str]:
    """Return the content of a small object, and its tag.

    Raises:
        FileNotFoundError: there is none.
        StoreError: the store refuses, or does not answer.
    """
    import obstore

    with _told(bucket, key):
        found = obstore.get(_client(bucket), key)
        return bytes(found.bytes()), _status(found.meta).e_tag


def delete(bucket: str, key: str) -> None:
    """Remove an object; nothing happens where there is none.

    Raises:
        StoreError: the store refuses, or does not answer.
    """
    import obstore

    with _told(bucket, key):
        obstore.delete(_client(bucket), key)


def list_recursive(bucket: str, prefix: str) -> Iterator[Status]:
    """Yield every object whose name begins with `prefix` and a slash, except folder markers.

    Raises:
        StoreError: the store refuses, or does not answer.
    """
    import obstore

    with _told(bucket, prefix):
        for batch in obstore.list(_client(bucket), prefix=prefix or None):
            for found in batch:
                status = _status(found)
                if status.size or _is_object(bucket, status.key):
                    yield status


def list_directory(bucket: str, prefix: str) -> tuple[list[str], list[Status]]:
    """Return the folders and objects directly below `prefix`.

    Raises:
        StoreError: the store refuses, or does not answer.
    """
    import obstore

    with _told(bucket, prefix):
        found = obstore.list_with_delimiter(_client(bucket), prefix=prefix or None)
    folders = list(found["common_prefixes"])
    return folders, [_status(one) for one in found["objects"] if one["path"] not in folders]


def _is_object(bucket: str, key: str) -> bool:
    """Return False for folder markers: empty objects whose name ends in a slash, listed without it."""
    try:
        head(bucket, key)
    except FileNotFoundError:
        return False
    return True


def _status(found: "ObjectMeta") -> Status:
    return Status(found["path"], found["size"], found["last_modified"].timestamp(), found["e_tag"] or "")


def _client(bucket: str) -> "S3Store":
    return _opened(bucket, endpoint())


@lru_cache(maxsize=16)
def _opened(bucket: str, _endpoint: str | None) -> "S3Store":
    return open_bucket(bucket)


@contextmanager
def _told(bucket: str, key: str, *, writes: bool = False) -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError as error:
        # Only a bucket that is not there cannot be written to for that.
        if writes or "NoSuchBucket" in str(error):
            raise StoreError(describe(bucket, key, str(error))) from None
        raise FileNotFoundError(2, "no such object", f"s3://{bucket}/{key}") from None
    except (BaseError, OSError) as error:
        raise StoreError(describe(bucket, key, str(error))) from None
