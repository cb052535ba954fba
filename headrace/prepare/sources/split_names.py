"""Names of splits in names of folders and files, in any usual spelling."""

import re

from headrace.table.version import SPLITS

SPELLINGS = {
    **{name: name for name in SPLITS},
    **{"training": "train", "trn": "train"},
    **{"valid": "val", "validation": "val", "dev": "val"},
    **{"testing": "test", "tst": "test"},
}
# As in training_set and testset.
SUFFIX = re.compile(r"(?<=.)[-_ ]?set$")


def split_from_name(name: str) -> str | None:
    """Return the split that a folder's name means, such as train for Training; None if it means none."""
    return SPELLINGS.get(SUFFIX.sub("", name.strip().lower()))


def split_from_path(path: str) -> str | None:
    """Return the split from a folder of `path`, or from the start of its file name: train-00000-of-00002.parquet.

    A folder may be that of a partition, split=train.
    """
    *folders, base = re.split(r"[/\\]", path)
    first = re.split(r"[-_.]", base)[0]
    return next(
        (found for one in (*reversed(folders), first) if (found := split_from_name(one.removeprefix("split=")))), None
    )
