"""The marker: a small hidden file that says what a folder was filled with, and whether to the end."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from headrace.errors import ConfigurationError
from headrace.fetch.dataset import WHOLE

NAME = ".headrace-fetch.json"


@dataclass(frozen=True, kw_only=True)
class Marker:
    """What a folder holds, or is being filled with.

    Attributes:
        name: of the data set.
        splits: records by split.
        digest: of the original.
        source: where it was brought from; empty until it is known.
        complete: whether every record was written.
    """

    name: str
    splits: dict[str, int]
    digest: str
    source: str = ""
    complete: bool = False

    @property
    def what(self) -> str:
        """For people: the data set and how much of it."""
        shown = {WHOLE: "records"}
        return (
            f"{self.name} ({', '.join(f'{count:,} {shown.get(split, split)}' for split, count in self.splits.items())})"
        )

    def write(self, folder: Path) -> None:
        """Place this marker in `folder`.

        Raises:
            OSError: it cannot be written.
        """
        (folder / NAME).write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")


def read_marker(folder: Path, wanted: Marker) -> Marker | None:
    """The marker in `folder`, which may be filled with `wanted`; None where `folder` is empty or missing.

    Raises:
        ConfigurationError: `folder` is in use for something else.
    """
    try:
        names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    except OSError as error:
        raise ConfigurationError(f"{folder} is no folder to fetch into ({error.strerror}); name another.") from None
    if not names:
        return None
    found = _read(folder / NAME) if NAME in names else None
    if found is None:
        raise ConfigurationError(
            f"{folder} holds other files, such as {min(names)}; name an empty or a new folder for {wanted.name}."
        )
    if (found.name, found.splits) != (wanted.name, wanted.splits):
        raise ConfigurationError(f"{folder} holds {found.what}, not {wanted.what}; name another folder or remove it.")
    return found


def _read(path: Path) -> Marker | None:
    try:
        return Marker(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
