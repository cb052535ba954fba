"""Leave out of folders of texts what editors and other programs leave there, and name notes on the data.

In folders of images such files are rejected, as they are no images; but any file can be a text.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from headrace.prepare.sources.raw_file_and_record import Listing, RawFile
from headrace.wording import escape_path, quantity

# Copies of editors, of patch and of merges; what Picasa, SyncToy and web browsers write; the folders of CVS.
LITTER = re.compile(
    r".*~|.*\.(?:bak|orig|rej|swp|swo|tmp|part|crdownload)|#.*#|picasa\.ini|synctoy_.*\.dat|.*\.lnk|.*\.url|"
    r"zbthumbnail\.info",
    re.IGNORECASE | re.DOTALL,
)
CVS = re.compile(r"(?:.*/)?CVS/(?:Entries|Root|Repository|Template|Tag|Baserev)(?:\.\w+)?", re.DOTALL)
NOTE = re.compile(
    r"(?:readme|licen[cs]e|copying|notice|authors|changelog|citation|contributing|manifest)(?:\.\w{1,4})?|"
    r"index\.html?|makefile",
    re.IGNORECASE,
)


def is_litter(path: str) -> bool:
    """Return whether a program has left a file beside texts, by its path with slashes between folders."""
    return LITTER.fullmatch(path.rpartition("/")[2]) is not None or CVS.fullmatch(path) is not None


def without_litter(listing: Listing) -> Listing:
    """Return `listing` without litter, and without classes that have nothing else."""
    files = [file for file in listing.files if not is_litter(file.path)]
    left = {file.label for file in files}
    return replace(listing, files=files, classes=tuple(name for name in listing.classes if name in left))


def litter_warnings(files: Iterable[RawFile]) -> list[str]:
    """Return what to say about litter in a folder of texts, and about notes on the data, which are texts."""
    files = list(files)
    litter = [file.path for file in files if is_litter(file.path)]
    notes = [file.path for file in files if file.label is not None and NOTE.fullmatch(file.path.rpartition("/")[2])]
    warnings = []
    if litter:
        verb = "is" if len(litter) == 1 else "are"
        warnings.append(
            f"{quantity(len(litter), 'file')} {verb} left out, such as {escape_path(litter[0])!r}, by names that "
            "editors and other programs give; rename what is data."
        )
    if notes:
        verb = "has the name of a note" if len(notes) == 1 else "have names of notes"
        warnings.append(
            f"{quantity(len(notes), 'file')} {verb} on the data, such as {escape_path(notes[0])!r}; each is one text "
            "like any other file of a class folder. data.source.exclude leaves files out."
        )
    return warnings
