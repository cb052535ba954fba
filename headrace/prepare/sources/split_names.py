"""Recognise names of splits in names of files and folders."""

import re
from collections.abc import Iterable

from headrace.table.version_and_preparation_summary import SPLITS

SPELLINGS = {
    **{name: name for name in SPLITS},
    **{"training": "train", "trn": "train"},
    **{"valid": "val", "validation": "val", "dev": "val"},
    **{"testing": "test", "tst": "test"},
}
# As in training_set, testset, train_images and test-data.
SUFFIX = re.compile(
    r"(?<=.)[-_ ]?(?:(?:data[-_ ]?)?set|data|images?|imgs?|pictures|photos|sounds|audio|texts?|files|split)$"
)
WORDS = re.compile(r"[-_. ]|\d+")
# What else the names of files of one split have: numbers, hashes, and words for pieces of data.
PIECE = re.compile(
    r"(?:\d+|v\d+|c\d+|of|(?:part|shard|chunk|split|file|batch)s?\d*|data|dataset|set|full|all|[0-9a-f]{4,})?"
)


def split_from_name(name: str) -> str | None:
    """Return the split that a folder's name means, such as train for Training; None if it means none."""
    return SPELLINGS.get(SUFFIX.sub("", name.strip().lower()))


def split_from_word(name: str) -> str | None:
    """Return the split that a word of a folder's name means, as in my-test, seg_train or test1, or None."""
    return next((split for word in WORDS.split(name) if (split := split_from_name(word)) is not None), None)


def split_like_names(names: Iterable[str]) -> list[str]:
    """Return the names that have the word of a split, if there are some for training and others; else none."""
    splits = {name: split for name in names if (split := split_from_word(name)) is not None}
    return list(splits) if "train" in splits.values() and len(set(splits.values())) > 1 else []


def split_from_path(path: str) -> str | None:
    """Return the split from a folder of `path`, or from the start of its file name: train-00000-of-00002.parquet.

    A folder may be that of a partition, split=train.
    """
    split = _split_of_folder(path)
    return split or split_from_name(_words(path)[0])


def unclear_split_files(paths: Iterable[str]) -> list[str]:
    """Return the files whose names begin with a split and continue like a phrase: train_station.csv, test_drive.csv.

    Names of several splits that continue with the same words are clear: train_reviews.csv and test_reviews.csv.
    """
    splits: dict[str, set[str]] = {}
    rests = {path: _words_after_split(path) for path in paths if _split_of_folder(path) is None}
    for path, rest in rests.items():
        splits.setdefault(rest, set()).add(str(split_from_name(_words(path)[0])))
    return [path for path, rest in rests.items() if rest and len(splits[rest]) == 1]


def _split_of_folder(path: str) -> str | None:
    folders = re.split(r"[/\\]", path)[:-1]
    return next((found for one in reversed(folders) if (found := split_from_name(one.removeprefix("split=")))), None)


def _words(path: str) -> list[str]:
    return re.split(r"[-_. ]", re.split(r"[/\\]", path)[-1])


def _words_after_split(path: str) -> str:
    """Return the words between the split and the suffixes of a file name that do not merely count its pieces."""
    stem = re.split(r"[/\\]", path)[-1].partition(".")[0]
    return " ".join(word for word in _words(stem.lower())[1:] if not PIECE.fullmatch(word))
