"""Sources of raw records: one module per kind, with a function that lists files and one that reads records."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from headrace.config.configuration_model import Source
from headrace.prepare.sources.archives.archive_source import list_archives, read_archive
from headrace.prepare.sources.cifar import list_cifar, read_cifar
from headrace.prepare.sources.folders import mask_folder
from headrace.prepare.sources.folders.derived_file_warnings import derived_name_warnings
from headrace.prepare.sources.folders.exclude_patterns import exclude
from headrace.prepare.sources.folders.folder_layout_warnings import table_warnings
from headrace.prepare.sources.folders.folder_source import list_folder, read_file
from headrace.prepare.sources.folders.labels_file import UNLABELLED, list_labelled
from headrace.prepare.sources.folders.masks_among_images_warning import mask_warnings
from headrace.prepare.sources.folders.text_folder_litter import litter_warnings, without_litter
from headrace.prepare.sources.idx import list_idx, read_idx
from headrace.prepare.sources.raw_file_and_record import Listing, RawFile, RawRecord
from headrace.prepare.sources.tables.listing.table_file_listing import list_table
from headrace.storage import is_remote, locate
from headrace.storage.concurrent_reads import prefetch
from headrace.targets.target_kind_loader import target_traits
from headrace.targets.target_kind_traits import TargetKindTraits

log = logging.getLogger(__name__)

LISTERS: dict[str, Callable[[str], Listing]] = {
    "folder": list_folder,
    "archive": list_archives,
    "idx": list_idx,
    "cifar": list_cifar,
}

# The kind of a folder whose labels are in a file of it.
LABELS_FILE = "labels_file"
# The kind of a folder of images and masks.
MASK_FOLDER = "mask_folder"
# Spark itself reads tables and Petastorm datasets.
READERS: dict[str, Callable[[str, RawFile, int], Iterator[RawRecord]]] = {
    "folder": read_file,
    LABELS_FILE: partial(read_file, unlabelled=UNLABELLED),
    MASK_FOLDER: partial(read_file, unlabelled=mask_folder.UNLABELLED),
    "archive": read_archive,
    "idx": read_idx,
    "cifar": read_cifar,
}


def list_source(source: Source, task: str = "classification", *, texts: bool = False) -> Listing:
    """List all files of `source` but those that `data.source.exclude` names; warn of what they may be instead.

    Args:
        task: what a label is, as in `prepare.task`.
        texts: whether each file is a text; then what programs leave beside texts is left out, too.

    Raises:
        DataError: the source is missing, empty or refused, all of its files are excluded, or a pattern matches none.
    """
    listing = exclude(_list_all(source, task), source.exclude)
    if source.kind == "folder" and source.labels is None:
        named = derived_name_warnings(listing.files)
        if texts:
            named = litter_warnings(listing.files)
            listing = without_litter(listing)
            named += table_warnings(listing.files)
        masks = [] if target_traits(task).is_per_pixel else mask_warnings(listing.files)
        for warning in (*masks, *named):
            log.warning("In %s, %s", source.path, warning)
    return listing


def _list_all(source: Source, task: str) -> Listing:
    if source.columns is not None:
        return list_table(source)
    if source.labels is not None:
        return list_labelled(source.path, source.labels, task)
    if target_traits(task).is_per_pixel:
        return mask_folder.list_masks(source.path)
    return LISTERS[source.kind](source.path)


def record_kind(source: Source, target: TargetKindTraits) -> str:
    """Return the key in `READERS` of the files of `source`, or its kind if Spark reads it."""
    if source.labels is not None:
        return LABELS_FILE
    return MASK_FOLDER if source.kind == "folder" and target.is_per_pixel else source.kind


def read_records(kind: str, root: str, files: Iterable[RawFile], max_bytes: int) -> Iterator[RawRecord]:
    """Yield the records of `files`, in order; files of a store are fetched concurrently.

    Raises:
        DataError: a file cannot be read.
        StoreError: the store refuses the request, or does not respond.
    """
    read = READERS[kind]
    if kind in ("folder", LABELS_FILE, MASK_FOLDER) and is_remote(locate(root)):
        fetched = prefetch(lambda file: list(read(root, file, max_bytes)), files)
        return (record for records in fetched for record in records)
    return (record for file in files for record in read(root, file, max_bytes))


__all__ = [
    "LABELS_FILE",
    "MASK_FOLDER",
    "Listing",
    "RawFile",
    "RawRecord",
    "list_source",
    "read_records",
    "record_kind",
]
