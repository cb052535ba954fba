"""Where raw records come from: one module per kind, with a function that lists files and one that reads records."""

from collections.abc import Callable, Iterator

from headrace.config.sections import Source
from headrace.prepare.sources.archive import list_archives, read_archive
from headrace.prepare.sources.cifar import list_cifar, read_cifar
from headrace.prepare.sources.folder import list_folder, read_file
from headrace.prepare.sources.frame import list_table
from headrace.prepare.sources.idx import list_idx, read_idx
from headrace.prepare.sources.labels_file import list_labelled
from headrace.prepare.sources.listing import Listing, RawFile
from headrace.prepare.sources.record import RawRecord

LISTERS: dict[str, Callable[[str], Listing]] = {
    "folder": list_folder,
    "archive": list_archives,
    "idx": list_idx,
    "cifar": list_cifar,
}

# The rows of a table are read by Spark itself.
READERS: dict[str, Callable[[str, RawFile, int], Iterator[RawRecord]]] = {
    "folder": read_file,
    "archive": read_archive,
    "idx": read_idx,
    "cifar": read_cifar,
}


def list_source(source: Source) -> Listing:
    """All files of `source`.

    Raises:
        DataError: the source is missing, empty or refused.
    """
    if source.kind == "table":
        return list_table(source)
    if source.labels is not None:
        return list_labelled(source.path, source.labels)
    return LISTERS[source.kind](source.path)


__all__ = ["READERS", "Listing", "RawFile", "RawRecord", "list_source"]
