"""Download of a data set's files from the first source that works, verified by SHA-256."""

from collections.abc import Callable, Mapping

from headrace.errors import DataError
from headrace.fetch import verified_file_cache

Sources = Mapping[str, Callable[[], dict[str, bytes]]]


def download(name: str, digests: Mapping[str, str], sources: Sources) -> tuple[dict[str, bytes], str]:
    """Return the content of each file in `digests`, and its source: the cache, or the first of `sources` that works.

    Args:
        name: name of the data set.
        digests: SHA-256 by file name.
        sources: functions that download all files, by a description of the source.

    Raises:
        DataError: no source works, or the downloaded files differ from the original.
    """
    folder = verified_file_cache.cache_folder(name)
    contents = verified_file_cache.load(folder, digests)
    if contents is not None:
        return contents, str(folder)
    failures = []
    for source, read in sources.items():
        try:
            contents = _verified(read(), digests)
        except DataError as error:
            failures.append(f"from {source}: {error}")
            continue
        verified_file_cache.store(folder, contents)
        return contents, source
    raise DataError(
        f"{name} cannot be downloaded ({' '.join(failures)}) "
        f"Connect this machine to the network, or place the files {', '.join(digests)} in {folder}."
    )


def _verified(contents: dict[str, bytes], digests: Mapping[str, str]) -> dict[str, bytes]:
    for name, digest in digests.items():
        if not verified_file_cache.is_intact(contents[name], digest):
            raise DataError(f"{name} has a different SHA-256 than the original; it is damaged or was changed.")
    return contents
