"""The inputs of a prediction or an explanation: files, folders, patterns and standard input, with unique record names.

A record is named after its file: relative to the only input, or with the input as the user has written it if there are
several inputs or a pattern.
"""

import glob
import logging
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from headrace.config.configuration_model import Prepare
from headrace.errors import ConfigurationError, DataError
from headrace.features.input_kind_loader import input_module
from headrace.prepare.readers import format_from_name
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.folders.ignored_files import is_ignored
from headrace.prepare.sources.folders.text_folder_litter import is_litter
from headrace.storage import files_below, is_remote
from headrace.storage.parse_location import path_hint
from headrace.wording import escape_path

log = logging.getLogger(__name__)

STDIN = Path("-")
MAGIC = re.compile(r"[*?[]")
# Files of a folder that an example of a pattern is made of; there may be millions.
MAX_COMPARED = 1000


class InputFile(NamedTuple):
    """One file that is a record.

    Attributes:
        root: folder that is shared by many files.
        file: path relative to `root`.
        prefix: what stands before `file` in the name of the record.
        data: content that is not in a file, of standard input.
    """

    root: Path
    file: str
    prefix: str = ""
    data: bytes | None = None

    @property
    def path(self) -> Path:
        """Path of the file."""
        return self.root / self.file

    @property
    def name(self) -> str:
        """Name of the record, which is valid UTF-8."""
        return escape_path(self.prefix + self.file)


class Input(NamedTuple):
    """One input: a file, a folder or standard input.

    Attributes:
        prefix: what stands before the file's name, or before the paths in the folder, in the names of records.
    """

    path: Path
    prefix: str
    is_folder: bool = False

    @property
    def is_stdin(self) -> bool:
        """Return whether this is standard input."""
        return self.path == STDIN


@dataclass(frozen=True)
class Inputs:
    """All inputs in their order.

    Attributes:
        skipped: number of hidden files and files of operating systems that a pattern matches.
    """

    inputs: tuple[Input, ...]
    skipped: int = 0

    def files(self, *, texts: bool = False) -> tuple[list[InputFile], int]:
        """Return the files, of folders sorted by path, and the number of files that are skipped.

        Args:
            texts: whether each file is a text; then what programs leave beside texts is skipped, too.

        Raises:
            ConfigurationError: a file is in two inputs.
            DataError: a folder cannot be listed, or there are no files.
        """
        files, skipped = list[InputFile](), self.skipped
        for one in self.inputs:
            if not one.is_folder:
                files.append(_single_file(one))
                continue
            root = one.path.absolute()
            names = list(_walk(one.path))
            found = sorted(name for name in names if not is_ignored(name) and not (texts and is_litter(name)))
            files += (InputFile(root, name, one.prefix) for name in found)
            skipped += len(names) - len(found)
        if not files:
            raise DataError(f"The input {self} holds no files{_besides(skipped)}.")
        if len(self.inputs) > 1:
            _require_distinct(files)
            _warn_of_links(files)
        return files, skipped

    def are_folders(self) -> bool:
        """Return whether the inputs are folders, of one text per file, and not files of many texts.

        Raises:
            ConfigurationError: they are both.
        """
        folders = [one for one in self.inputs if one.is_folder]
        if 0 < len(folders) < len(self.inputs):
            raise ConfigurationError(
                f"The input {folders[0].path} is a folder with one text per file, others are files of many texts; take "
                "them separately."
            )
        return bool(folders)

    def __str__(self) -> str:
        shown = ", ".join(str(one.path) for one in self.inputs[:3])
        return shown + (", ..." if len(self.inputs) > 3 else "")


class RawFileLimits(NamedTuple):
    """Maximum size of a raw file in bytes, and the reason to reject a file that cannot hold a record of the kind."""

    max_bytes: int
    wrong_kind: Reason


def raw_file_limits(settings: Prepare) -> RawFileLimits:
    """Return the limits of raw files for `prepare.input`."""
    limits: RawFileLimits = input_module(settings.input, "raw_file_prediction").limits(settings)
    return limits


def find_inputs(given: Sequence[Path]) -> Inputs:
    """Return the inputs that `given` names; patterns are expanded, as a shell does it.

    Raises:
        ConfigurationError: an input is named twice.
        DataError: an input does not exist, is a pipe or a device, or a pattern matches nothing.
    """
    paths, skipped, has_pattern = list[Path](), 0, False
    for path in given:
        matches = _expand(path)
        has_pattern = has_pattern or matches != [path]
        usable = [match for match in matches if match == path or not is_ignored(match.name)]
        skipped += len(matches) - len(usable)
        paths += usable
    if not paths:
        raise DataError(f"The input {', '.join(map(str, given))} holds no files{_besides(skipped)}.")
    inputs = tuple(_input(path, has_pattern or len(paths) > 1) for path in paths)
    _require_distinct(_single_file(one) for one in inputs if not one.is_folder)
    return Inputs(inputs, skipped)


def read_raw(file: InputFile, settings: Prepare) -> bytes:
    """Return the bytes of a record; a file that is too large is rejected unread.

    Raises:
        RejectedRecordError: the file is too large, or is a device, a pipe or a socket.
        DataError: the file cannot be read.
    """
    limits = raw_file_limits(settings)
    try:
        found = None if file.data is not None else file.path.stat()
        if found and not stat.S_ISREG(found.st_mode):
            raise RejectedRecordError(limits.wrong_kind, "it is a device, a pipe or a socket")
        size = found.st_size if found else len(file.data or b"")
        if size > limits.max_bytes:
            raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{size} bytes, the limit is {limits.max_bytes}")
        return file.path.read_bytes() if file.data is None else file.data
    except OSError as error:
        raise DataError(
            f"The file {escape_path(str(file.path))} was listed but cannot be read ({error.strerror})."
        ) from error


def _single_file(one: Input) -> InputFile:
    # Tasks have another working directory.
    return InputFile(one.path.parent if one.is_stdin else one.path.parent.absolute(), one.path.name, one.prefix)


def _input(path: Path, is_one_of_several: bool) -> Input:
    if path == STDIN:
        return Input(path, "")
    text = str(path)
    if path.is_dir():
        return Input(path, f"{text}/" if is_one_of_several else "", is_folder=True)
    if path.is_file():
        return Input(path, text[: len(text) - len(path.name)] if is_one_of_several else "")
    if path.exists():
        raise DataError(
            f"The input {path} is a pipe or a device; expected a file or a folder. Give what it holds to standard "
            "input, and name that `-`."
        )
    raise DataError(f"The input {path} does not exist{path_hint(path)}; expected a file or a folder.")


def _expand(path: Path) -> list[Path]:
    """Return the paths that match a pattern, sorted, or `path` itself if it exists or is no pattern."""
    if path == STDIN or not MAGIC.search(str(path)):
        return [path]
    matches = _remote_matches(path) if is_remote(path) else sorted(map(Path, glob.glob(str(path), recursive=True)))
    if path.exists():
        if set(matches) - {path}:
            log.warning("%s is taken for the file of that name; as a pattern it would match other files.", path)
        return [path]
    if not matches:
        raise DataError(f"The pattern {path} matches no file{path_hint(path)}; expected at least one.")
    return matches


def _remote_matches(path: Path) -> list[Path]:
    """Return the objects that match a pattern, in which * stands for a part of a name and not for folders."""
    fixed = next(parent for parent in path.parents if not MAGIC.search(str(parent)))
    pattern = path.relative_to(fixed).parts
    if "**" in pattern:
        raise ConfigurationError(f"The pattern {path} has **, which is not known in a bucket; name the folder.")
    keys = (entry.path.split("/") for entry in files_below(fixed))
    return sorted(
        fixed.joinpath(*key)
        for key in keys
        if len(key) == len(pattern) and all(map(fnmatchcase, key, pattern)) and not key[-1].startswith(".")
    )


def _require_distinct(files: Iterable[InputFile]) -> None:
    """Raise if two inputs hold the same file, whose record would be counted twice."""
    seen, roots = set[str](), dict[Path, str]()
    for file in files:
        if file.root not in roots:
            roots[file.root] = str(file.root) if is_remote(file.root) else os.path.realpath(file.root)
        key = "-" if file.path == STDIN else os.path.join(roots[file.root], file.file)
        if key in seen:
            raise ConfigurationError(f"The file {file.name} is in two inputs; name it once.")
        seen.add(key)


def _warn_of_links(files: Iterable[InputFile]) -> None:
    """Warn of files under several names, by links: they may be meant, as in stores that keep equal files once."""
    seen, linked = dict[tuple[int, int], InputFile](), list[tuple[InputFile, InputFile]]()
    for file in files:
        if is_remote(file.root) or file.path == STDIN:
            continue
        with suppress(OSError):
            found = file.path.stat()
            first = seen.setdefault((found.st_dev, found.st_ino), file)
            linked += [(file, first)] if first is not file else []
    if linked:
        log.warning(
            "%s linked to others of the inputs, and predicted as records of their own, such as %r to %r.",
            "1 file is" if len(linked) == 1 else f"{len(linked):,} files are", linked[0][0].name, linked[0][1].name,
        )  # fmt: skip


def common_pattern(folder: Path) -> str | None:
    """Return the pattern, relative to a folder, of most of its first files of rows; None if it has none.

    Raises:
        DataError: the folder cannot be listed.
    """
    names = (name for name in islice(_walk(folder), MAX_COMPARED) if not is_ignored(name))
    patterns = Counter("*/" * name.count("/") + f"*{_suffix(name)}" for name in names if format_from_name(name))
    return patterns.most_common(1)[0][0] if patterns else None


def _suffix(name: str) -> str:
    """Return the suffix of a file of rows, with that of its compression: .parquet, .csv.gz."""
    suffixes = Path(name).suffixes
    is_plain = format_from_name(f"a{suffixes[-1]}") is not None
    return "".join(suffixes[-1:] if is_plain else suffixes[-2:])


def _besides(skipped: int) -> str:
    return f" but {skipped} hidden ones or ones of an operating system" if skipped else ""


def _walk(root: Path) -> Iterator[str]:
    """Yield every file below `root`, relative to it, and hidden folders as one; links are followed."""
    if is_remote(root):
        yield from (file.path for file in files_below(root))
        return
    folders: list[tuple[str, tuple[str, ...]]] = [("", (os.path.realpath(root),))]
    while folders:
        below, above = folders.pop()
        for name, is_folder in _entries(root / below):
            path = os.path.join(below, name)
            if not is_folder or is_ignored(name):
                yield path
                continue
            location = os.path.realpath(root / path)
            if location in above:
                raise DataError(f"The input {root / path} links back to a parent folder; remove the link.")
            folders.append((path, (*above, location)))


def _entries(folder: Path) -> list[tuple[str, bool]]:
    """Return the names in `folder`, and whether each is a folder."""
    try:
        with os.scandir(folder) as entries:
            return [(entry.name, entry.is_dir()) for entry in entries]
    except OSError as error:
        raise DataError(f"The input {folder} cannot be listed ({error.strerror}); fix or remove it.") from error
