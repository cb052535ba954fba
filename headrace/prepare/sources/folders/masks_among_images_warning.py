"""Warn of masks beside the images that they belong to."""

import os
import re
from collections.abc import Iterable

from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.wording import escape_path

# The name of a mask beside its image: cat_mask, cat_mask_1.
MASK_OF = re.compile(r"(.*[^-_. ])[-_. ]+(?:masks?|seg|segmentation)(?:[-_. ]?\d+)?", re.IGNORECASE)


def mask_warnings(files: Iterable[RawFile]) -> list[str]:
    """Return warnings about files that look like the mask of another file of their folder."""
    masks = find_masks(file.path for file in files)
    if not masks:
        return []
    named = "1 file is" if len(masks) == 1 else f"{len(masks):,} files are"
    return [
        f"{named} named like the mask of another file of the same folder, such as {escape_path(masks[0])!r}; each is a "
        "record of its class. data.source.exclude leaves files out, such as '*_mask.*'."
    ]


def find_masks(paths: Iterable[str]) -> list[str]:
    """Return the paths that look like the mask of another one in their folder."""
    stems = {os.path.splitext(path)[0]: path for path in paths}
    return [path for stem, path in stems.items() if (found := MASK_OF.fullmatch(stem)) and found[1] in stems]
