"""Images and masks of the same names: a.jpg in images/ and a.png in masks/.

Splits may be folders around both, as in train/images and train/masks, or folders in each, as in images/train and
masks/train.
"""

import logging
import os
from collections.abc import Iterable, Mapping

from headrace.errors import DataError
from headrace.prepare.sources.combined_change_tag import combine_states
from headrace.prepare.sources.folders.folder_layout_warnings import IMAGE_FOLDERS, MASK_FOLDERS
from headrace.prepare.sources.folders.folder_source import walk
from headrace.prepare.sources.raw_file_and_record import Listing, RawFile
from headrace.prepare.sources.split_names import split_from_name
from headrace.storage import ListedFile, locate
from headrace.storage.parse_location import path_hint
from headrace.wording import escape_path, quantity, shorten

log = logging.getLogger(__name__)

# The way without renaming.
LABELS_FILE = "a CSV file with the columns path and label"
EXPECTED = (
    "expected the images in images/ and the mask of each under the same name in masks/, or data.source.labels: "
    f"{LABELS_FILE}, the mask of each image"
)
# Reason of the reject of an image without a mask.
UNLABELLED = (
    "there is no mask: no file in masks/ has the name of the image, with any suffix; data.source.labels may name "
    f"{LABELS_FILE}"
)


def list_masks(path: str) -> Listing:
    """List every image below `path` with the path of its mask as its label, sorted by path.

    Raises:
        DataError: the folder is missing, has no folders of images and of masks or others beside them, or has two masks
            of one name.
    """
    root = locate(path)
    if not root.is_dir():
        raise DataError(f"The source {path} is not a folder{path_hint(path)}; {EXPECTED}.")
    images, masks, others = _divide(walk(root))
    if not images or not masks:
        found = shorten(sorted({escape_path(file.path.split(os.sep)[0]) for file in (*images, *masks, *others)}))
        raise DataError(f"The source {path} holds {found or 'no files'}; {EXPECTED}.")
    if others:
        example = escape_path(min(file.path for file in others))
        log.warning(
            "%s of %s are neither in the folder of the images nor in that of the masks, and left out, such as %r.",
            quantity(len(others), "file"), path, example,
        )  # fmt: skip
    unused = _by_stem(masks, path, "mask", "image")
    files = [
        _record(image, unused.pop(stem, None), path) for stem, image in _by_stem(images, path, "image", "mask").items()
    ]
    _warn_of_unused(unused, path)
    return Listing(str(root.absolute()), sorted(files), ())


def _divide(files: Iterable[ListedFile]) -> tuple[list[ListedFile], list[ListedFile], list[ListedFile]]:
    """Return the images, the masks, and the files in neither of their folders."""
    images, masks, others = list[ListedFile](), list[ListedFile](), list[ListedFile]()
    for file in files:
        kind = _kind_folder(file.path)
        (others if kind is None else images if kind.lower() in IMAGE_FOLDERS else masks).append(file)
    return images, masks, others


def _kind_folder(path: str) -> str | None:
    """Return the folder of images or of masks that a file is in: the first one, or the second below a split."""
    first, second, *_ = [*path.split(os.sep)[:-1], "", ""]
    folder = second if split_from_name(first) is not None and first.lower() not in IMAGE_FOLDERS else first
    return folder if folder.lower() in IMAGE_FOLDERS | MASK_FOLDERS else None


def _stem(path: str) -> str:
    """Return what an image and its mask have in common: the path without the folder of the kind and the suffix."""
    folder, parts = _kind_folder(path), path.split(os.sep)
    parts.remove(str(folder))
    return os.path.splitext(os.sep.join(parts))[0]


def _split(path: str) -> str | None:
    first, *folders = _stem(path).split(os.sep)
    return split_from_name(first) if folders else None


def _by_stem(files: Iterable[ListedFile], source: str, noun: str, other_noun: str) -> dict[str, ListedFile]:
    """Return the files by what an image and its mask have in common.

    Raises:
        DataError: two have one name, so that it is not known which image belongs to which mask.
    """
    found: dict[str, ListedFile] = {}
    for file in files:
        other = found.setdefault(_stem(file.path), file)
        if other is not file:
            raise DataError(
                f"The source {source} holds two {noun}s of one name, {escape_path(other.path)!r} and "
                f"{escape_path(file.path)!r}; expected one {noun} for each {other_noun}."
            )
    return found


def _record(image: ListedFile, mask: ListedFile | None, source: str) -> RawFile:
    # The mask is part of the record: if it changes, so does the record.
    state = image.change_tag if mask is None else combine_states(image.change_tag, mask.size, mask.change_tag)
    label = None if mask is None else mask.path
    if label is not None and escape_path(label) != label:
        raise DataError(f"The name of the mask {escape_path(label)!r} of {source} is no UTF-8; rename it.")
    return RawFile(image.path, label, _split(image.path), image.size, state)


def _warn_of_unused(unused: Mapping[str, ListedFile], source: str) -> None:
    if unused:
        example = escape_path(min(file.path for file in unused.values()))
        log.warning("%s of %s belong to no image, such as %r.", quantity(len(unused), "mask"), source, example)
