"""Warn of folders that are probably not meant as classes."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from headrace.prepare.readers import format_from_name
from headrace.prepare.sources.folders.masks_among_images_warning import MASK_OF
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.prepare.sources.split_names import split_from_name, split_like_names
from headrace.wording import escape_path, shorten

# Folders of data sets for segmentation, whose files of one name belong together.
IMAGE_FOLDERS = frozenset(("images", "image", "imgs", "img", "jpegimages"))
MASK_FOLDERS = frozenset(("masks", "mask", "labels", "annotations", "segmentation", "segmentationclass", "gt"))
# How file managers name a second folder of one name.
COPY = re.compile(r"(.*\S)\s*(?:\(\d+\)|\s-\s[Cc]opy(?: \(\d+\))?|\scopy(?: \d+)?)")
# A word and a number, as in cat.1.png, cat_01.png and cat (1).png.
NUMBERED = re.compile(r"([^\W\d_]{2,}(?:[-_ ][^\W\d_]+)*)[-_. ]*\(?\d+\)?")
ARCHIVE_NAME = re.compile(r"\.(?:zip|tar|tgz|tar\.[a-z0-9]+)$", re.IGNORECASE)
LABELS_FILE = re.compile(r".*\.(?:csv|tsv|jsonl?|ndjson)", re.IGNORECASE)
# As Roboflow and COCO name them: _annotations.coco.json, instances_train2017.json.
COCO_FILE = re.compile(r".*coco.*\.json|(?:instances|person_keypoints|captions)_\w+\.json", re.IGNORECASE)
# More folders than these are not compared.
MAX_FOLDERS = 10_000

# Names of folders that are dates, as deliveries have them, which no one takes for classes.
DATE = re.compile(r"\d{4}([-_.]?\d{2}){1,2}([-_ T].*)?")


def class_warnings(classes: Iterable[str]) -> list[str]:
    """Return warnings about names of class folders: masks beside images, and copies of folders."""
    names, warnings = list(classes), list[str]()
    folded = {name.casefold() for name in names}
    masks = [name for name in names if (found := MASK_OF.fullmatch(name)) and found[1] in names]
    if (MASK_FOLDERS & folded and (IMAGE_FOLDERS & folded or len(folded) == 2)) or masks:
        shown = shorten(list(map(repr, names)))
        warnings.append(
            f"the folders look like images and their masks, and are used as classes: {shown}. With prepare.task: mask "
            "they are masks, if the images are in images/ or data.source.labels names the mask of each."
        )
    copies = [name for name in names if (found := COPY.fullmatch(name)) and found[1] in names]
    if copies:
        warnings.append(
            f"the folders {shorten(list(map(repr, copies)))} look like copies of others; they are classes of their own."
        )
    keys = {name.partition("=")[0] if "=" in name else "" for name in names}
    if len(names) > 1 and len(keys) == 1 and "" not in keys:
        warnings.append(
            f"the folders {shorten(list(map(repr, names)))} look like partitions of a table, and are classes of these "
            "whole names; data.source.class_names can give them other names."
        )
    if splits := split_like_names(names):
        warnings.append(
            f"the folders {shorten(list(map(repr, splits)))} look like splits, and are classes; splits are called "
            "train, val, test."
        )
    return warnings


def nested_warnings(files: Iterable[RawFile], *, in_splits: bool) -> list[str]:
    """Return warnings if the folders in class folders look like the classes.

    Args:
        in_splits: whether the class folders lie in folders named after splits.
    """
    subfolders: dict[str, set[str]] = {}
    holders = set[str]()
    for file in files:
        if file.label is None:
            continue
        inner = file.path.split(os.sep)[1 + in_splits : -1]
        found = subfolders.setdefault(file.label, set())
        if inner and split_from_name(inner[0]) is None:
            found.add(inner[0])
        elif not inner:
            holders.add(file.label)
    for name, folders in subfolders.items():
        if inside := sorted(folders & (subfolders.keys() - {name})):
            shown = shorten(list(map(repr, inside)))
            return [
                f"the folders {shown} in {name!r} are part of the class {name!r}, although classes have these names."
            ]
    common = set.intersection(*subfolders.values()) if subfolders else set()
    if len(common) > 1 and not holders and not all(map(DATE.fullmatch, common)):
        shown = shorten(list(map(repr, sorted(common))))
        return [f"the folders {shown} are in every class folder; they are not classes, the folders that hold them are."]
    return []


def table_warnings(files: Iterable[RawFile]) -> list[str]:
    """Return warnings about files of class folders whose names are those of tables of many texts."""
    tables = [file.path for file in files if file.label is not None and format_from_name(file.path) is not None]
    if not tables:
        return []
    named = "1 file has the name of a table" if len(tables) == 1 else f"{len(tables):,} files have names of tables"
    return [f"{named}, such as {escape_path(tables[0])!r}; each is one text like any other file of a class folder."]


def inner_class_hint(files: Sequence[RawFile], source: str) -> str:
    """Return which folder to name if all files lie in one folder, in several folders of it; else nothing."""
    parts = [file.path.split(os.sep)[:-1] for file in files if file.label is not None]
    common = list(os.path.commonprefix(parts))
    inner = {one[len(common)] for one in parts if len(one) > len(common)}
    if not common or len(inner) < 2 or any(len(one) == len(common) for one in parts):
        return ""
    folder = os.path.join(source, *common)
    if all(split_from_name(one) is not None for one in inner):
        return f" The folders {shorten(list(map(repr, sorted(inner))))} name splits: set data.source.path to {folder}."
    return (
        f" If the folders {shorten(list(map(repr, sorted(inner))))} are the classes, set data.source.path to {folder}."
    )


def unsorted_hint(files: Sequence[RawFile]) -> str:
    """Return how to give classes to files that lie in no class folders, if there is a sign of them; else nothing."""
    names = [os.path.basename(file.path) for file in files]
    labels = next((file.path for file in files if LABELS_FILE.fullmatch(file.path)), None)
    coco = next((file.path for file in files if COCO_FILE.fullmatch(os.path.basename(file.path))), None)
    if coco is not None:
        return (
            f" {escape_path(coco)!r} holds annotations in COCO's format, which are no labels of images; "
            "write a CSV file of the columns path and label, with one class for each image, and set data.source.labels "
            "to it."
        )
    if labels is not None:
        return (
            f" If {escape_path(labels)!r} has the labels, set data.source.labels to it; its columns are path and label."
        )
    if any(ARCHIVE_NAME.search(name) for name in names):
        return " Archives are read with data.source.kind: archive."
    found = [match[1] for name in names if (match := NUMBERED.fullmatch(os.path.splitext(name)[0]))]
    counts = Counter(found)
    if len(counts) < 2 or max(counts.values()) < 2 or 2 * len(found) < len(names):
        return ""
    name = next(one for one in names if one.startswith(found[0]))
    return (
        f" The names of the files may begin with their classes, as {escape_path(name)!r} with {found[0]!r}: move them "
        "into folders of these names, or list them with their labels in a CSV file, and set data.source.labels to it."
    )


def split_class_warning(classes: Iterable[str], has_splits: bool) -> str | None:
    """Return a warning about a class that is named after a split where other folders are splits."""
    found = [name for name in classes if split_from_name(name) is not None] if has_splits else []
    if not found:
        return None
    shown = shorten(list(map(repr, found)))
    return f"The records directly in {shown} are of a class of this name, although such folders usually are splits."
