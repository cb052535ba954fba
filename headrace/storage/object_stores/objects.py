"""Read and write objects of a bucket. The only importer of `obstore`, which is imported on first use."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from headrace.errors import StoreError
from headrace.storage.concurrent_reads import prefetch
from headrace.storage.object_stores.bucket_address import Bucket
from headrace.storage.object_stores.error_messages import MISSING_BUCKET, describe

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta
    from obstore.store import ObjectStore


# Larger objects are fetched in parts: a request has a timeout, and concurrent requests are faster.
PART = 32 << 20


class Status(NamedTuple):
    """Status of an object.

    Attributes:
        key: name in the bucket.
        size: size in bytes.
        modified: whole seconds since 1970.
        e_tag: changes whenever the content changes.
    """

    key: str
    size: int
    modified: float
    e_tag: str


def get(bucket: Bucket, key: str) -> bytes:
    """Return the whole content of an object.

    Raises:
        FileNotFoundError: the object does not exist.
        StoreError: the store refuses the request or does not respond.
    """
    import obstore

    with _translated_errors(bucket, key):
        response = obstore.get(_client(bucket), key)
        status = _status(response.meta)
        if status.size <= PART:
            return bytes(response.bytes())
    parts = range(0, status.size, PART)
    return b"".join(prefetch(lambda start: get_range(bucket, status, start, min(start + PART, status.size)), parts))


def get_range(bucket: Bucket, status: Status, start: int, stop: int) -> bytes:
    """Return the bytes from `start` to `stop` of the object with this `status`.

    Raises:
        StoreError: the object was replaced, or the store refuses the request or does not respond.
    """
    import obstore

    with _translated_errors(bucket, status.key):
        options: GetOptions = {"range": (start, stop), "if_match": status.e_tag}
        return bytes(obstore.get(_client(bucket), status.key, options=options).bytes())


def head(bucket: Bucket, key: str) -> Status:
    """Return the status of an object.

    Raises:
        FileNotFoundError: the object does not exist.
        StoreError: the store refuses the request or does not respond.
    """
    import obstore

    if ".." in key.split("/"):
        raise FileNotFoundError(2, "no such object", f"{bucket}/{key}")
    with _translated_errors(bucket, key):
        return _status(obstore.head(_client(bucket), key))


def put(bucket: Bucket, key: str, data: bytes | memoryview) -> None:
    """Write `data` to an object; readers see the old content or all of the new.

    Raises:
        StoreError: the store refuses the request or does not respond.
    """
    import obstore

    with _translated_errors(bucket, key, writes=True):
        obstore.put(_client(bucket), key, memoryview(data).cast("B"))


def replace(bucket: Bucket, key: str, data: bytes, before: str | None) -> str | None:
    """Write `data` to an object if its tag is still `before`, or if it does not exist when `before` is None.

    Return its new tag, or None if the condition is not met; of several concurrent writers at most one receives a tag.
    If the response to a successful put is lost, the retry finds the object changed and the result is None too: a caller
    that must know reads the object.

    Raises:
        StoreError: the store refuses the request, does not respond, or does not support conditional puts.
    """
    import obstore
    from obstore.exceptions import AlreadyExistsError, PreconditionError

    with _translated_errors(bucket, key, writes=True):
        try:
            mode: Any = "create" if before is None else bucket.condition(before)
            result = obstore.put(_client(bucket), key, data, mode=mode)
        except (AlreadyExistsError, PreconditionError):
            return None
    return bucket.tag(result)


def get_with_tag(bucket: Bucket, key: str) -> tuple[bytes, str]:
    """Return the content of a small object and its tag.

    Raises:
        FileNotFoundError: the object does not exist.
        StoreError: the store refuses the request or does not respond.
    """
    import obstore

    with _translated_errors(bucket, key):
        response = obstore.get(_client(bucket), key)
        return bytes(response.bytes()), bucket.tag(response.meta)


def delete(bucket: Bucket, key: str) -> None:
    """Remove an object, if it exists.

    Raises:
        StoreError: the store refuses the request or does not respond.
    """
    import obstore

    # S3 reports no missing object here; other stores do.
    with suppress(FileNotFoundError), _translated_errors(bucket, key):
        obstore.delete(_client(bucket), key)


def list_recursive(bucket: Bucket, prefix: str) -> Iterator[Status]:
    """Yield every object whose name begins with `prefix` and a slash, except folder markers.

    Raises:
        StoreError: the store refuses the request or does not respond.
    """
    import obstore

    with _translated_errors(bucket, prefix):
        for batch in obstore.list(_client(bucket), prefix=prefix or None):
            for meta in batch:
                status = _status(meta)
                if status.size or _is_object(bucket, status.key):
                    yield status


def list_directory(bucket: Bucket, prefix: str) -> tuple[list[str], list[Status]]:
    """Return the folders and objects directly below `prefix`.

    Raises:
        StoreError: the store refuses the request or does not respond.
    """
    import obstore

    with _translated_errors(bucket, prefix):
        listing = obstore.list_with_delimiter(_client(bucket), prefix=prefix or None)
    folders = list(listing["common_prefixes"])
    return folders, [_status(meta) for meta in listing["objects"] if meta["path"] not in folders]


def _is_object(bucket: Bucket, key: str) -> bool:
    """Return False for folder markers: empty objects whose name ends in a slash, listed without it."""
    try:
        head(bucket, key)
    except FileNotFoundError:
        return False
    return True


def _status(meta: "ObjectMeta") -> Status:
    tag = meta["e_tag"] or ""
    # Azure quotes the tag of an object, but not in listings.
    quoted = tag if tag.startswith(('"', "W/")) or not tag else f'"{tag}"'
    return Status(meta["path"], meta["size"], meta["last_modified"].timestamp(), quoted)


def _client(bucket: Bucket) -> "ObjectStore":
    return _cached_client(bucket, bucket.connection.endpoint())


@lru_cache(maxsize=16)
def _cached_client(bucket: Bucket, _endpoint: str | None) -> "ObjectStore":
    client: ObjectStore = bucket.connection.open_bucket(bucket.name)
    return client


@contextmanager
def _translated_errors(bucket: Bucket, key: str, *, writes: bool = False) -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError as error:
        # A write raises this error only if the bucket does not exist.
        if writes or MISSING_BUCKET.search(str(error)):
            raise StoreError(describe(bucket, key, str(error))) from None
        raise FileNotFoundError(2, "no such object", f"{bucket}/{key}") from None
    except (BaseError, OSError) as error:
        raise StoreError(describe(bucket, key, str(error))) from None
