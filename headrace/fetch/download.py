"""The files of a data set from the first place that has them, each checked against its SHA-256."""

import logging
from collections.abc import Callable, Mapping

from headrace.errors import DataError
from headrace.fetch import cache

Sources = Mapping[str, Callable[[], dict[str, bytes]]]

log = logging.getLogger(__name__)


def download(name: str, digests: Mapping[str, str], sources: Sources) -> tuple[dict[str, bytes], str]:
    """The content of each file in `digests`, and where it came from: the cache, or the first of `sources` that works.

    Args:
        name: of the data set, as `headrace fetch` knows it.
        digests: SHA-256 by file name.
        sources: functions that bring all files, by what people call the place.

    Raises:
        DataError: no source can be reached, or what came is not the original.
    """
    folder = cache.cache_folder(name)
    contents = cache.load(folder, digests)
    if contents is not None:
        return contents, str(folder)
    failures = []
    for source, read in sources.items():
        try:
            contents = _checked(read(), digests)
        except DataError as error:
            failures.append(f"from {source}: {error}")
            continue
        cache.store(folder, contents)
        return contents, source
    raise DataError(
        f"{name} cannot be brought ({' '.join(failures)}) "
        f"Connect this machine, or place the files {', '.join(digests)} in {folder}."
    )


def _checked(contents: dict[str, bytes], digests: Mapping[str, str]) -> dict[str, bytes]:
    for name, digest in digests.items():
        if not cache.is_intact(contents[name], digest):
            raise DataError(f"{name} has another SHA-256 than the original; it was damaged or changed.")
    return contents
