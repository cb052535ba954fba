"""Exclude files that match `data.source.exclude`."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import translate
from re import compile as compile_pattern

from headrace.errors import DataError
from headrace.prepare.sources.raw_file_and_record import Listing
from headrace.wording import escape_path

log = logging.getLogger(__name__)


def exclude(listing: Listing, patterns: Sequence[str]) -> Listing:
    """Return `listing` without the files whose path one of `patterns` matches; log how many were left out.

    Args:
        patterns: as of the shell, of whole paths relative to the source's folder; `*` matches `/` too.

    Raises:
        DataError: a pattern matches no file, or no file is left.
    """
    if not patterns:
        return listing
    expressions = [compile_pattern(translate(pattern)) for pattern in patterns]
    matches = [[bool(expression.match(escape_path(file.path))) for expression in expressions] for file in listing.files]
    for number, pattern in enumerate(patterns):
        if not any(row[number] for row in matches):
            raise DataError(
                f"data.source.exclude has the pattern {pattern!r}, which matches no file of {listing.root}; expected "
                f"patterns of paths such as {escape_path(listing.files[0].path)!r}. Correct or remove it."
            )
    files = [file for file, row in zip(listing.files, matches, strict=True) if not any(row)]
    if not files:
        raise DataError(f"data.source.exclude leaves none of the {len(matches)} files of {listing.root}.")
    log.info("%d of %d files are left out by data.source.exclude", len(matches) - len(files), len(matches))
    removed = {file.label for file in listing.files} - {file.label for file in files}
    return replace(listing, files=files, classes=tuple(name for name in listing.classes if name not in removed))


def not_excluded(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a function that returns whether none of `patterns` matches a path."""
    expressions = [compile_pattern(translate(pattern)) for pattern in patterns]
    return lambda path: not any(expression.match(escape_path(path)) for expression in expressions)
