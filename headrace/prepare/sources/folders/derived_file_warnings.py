"""Warn of files that look like copies of others: thumbnails, other sizes, and variations made for training.

Each of them is a record of its own, and the hash of its content may put it in another split than its original.
"""

import os
import re
from collections.abc import Iterable, Iterator

from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.wording import escape_path

# What follows the name of the original: 1@2x, 1_thumb, 1-150x150 (WordPress), 1_aug_0, 1_rot90.
SIZES = r"thumb(?:nail)?s?|small|medium|large|preview|scaled|resized|\d{2,4}x\d{2,4}"
VARIATIONS = r"aug(?:mented)?|flip(?:ped)?|hflip|vflip|mirror(?:ed)?|rot(?:ated?)?|blur(?:red)?|noisy"
AFTER = re.compile(rf"(.*[^-_. ])(?:@[1-4](?:\.\d)?x|[-_. ]+(?:{SIZES}|{VARIATIONS})(?:[-_. ]?\d+)?)", re.IGNORECASE)
# What precedes it: thumb_1, small-1.
BEFORE = re.compile(rf"(?:{SIZES}|tn)[-_. ]+(.+)", re.IGNORECASE)
# Folders of copies within a folder of originals, or beside one.
FOLDERS = frozenset(("thumbs", "thumb", "thumbnails", "thumbnail", "previews", "preview", "resized", "augmented"))


def derived_name_warnings(files: Iterable[RawFile]) -> list[str]:
    """Return warnings about files that look like copies of another file in their folder or in the one above."""
    copies = find_copies(file.path for file in files)
    if not copies:
        return []
    named = "1 file is" if len(copies) == 1 else f"{len(copies):,} files are"
    return [
        f"{named} named like a smaller or changed copy of another, such as {escape_path(copies[0])!r}; each is a "
        "record, and may be in another split than its original. data.source.exclude leaves files out, such as "
        "'*_thumb.*', and prepare.near_duplicates drops images of other sizes."
    ]


def find_copies(paths: Iterable[str]) -> list[str]:
    """Return the paths that look like copies of another one in their folder or in the one above."""
    stems = {os.path.splitext(path)[0]: path for path in paths}
    return [path for stem, path in stems.items() if any(one in stems for one in _originals(stem))]


def _originals(stem: str) -> Iterator[str]:
    """Yield the paths, without suffix, that the original of a file would have, if its path is that of a copy."""
    folder, name = os.path.split(stem)
    for pattern in (AFTER, BEFORE):
        if found := pattern.fullmatch(name):
            yield os.path.join(folder, found[1])
    above, last = os.path.split(folder)
    if last.lower() in FOLDERS:
        for original in (name, *(found[1] for one in (AFTER, BEFORE) if (found := one.fullmatch(name)))):
            yield os.path.join(above, original)
