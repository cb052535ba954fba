"""The marker: a hidden file that records which data set a folder contains, and whether it is complete."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from headrace.errors import ConfigurationError
from headrace.fetch.dataset_base import WHOLE

NAME = ".headrace-fetch.json"


@dataclass(frozen=True, kw_only=True)
class Marker:
    """The content of a marker file.

    Attributes:
        name: name of the data set.
        splits: number of records by split.
        digest: digest of the data set, see `Dataset`.
        source: source of the download; empty until it is known.
        complete: whether every record was written.
    """

    name: str
    splits: dict[str, int]
    digest: str
    source: str = ""
    complete: bool = False

    @property
    def description(self) -> str:
        """Return the name of the data set and its number of records by split, for messages."""
        units = {WHOLE: "records"}
        counts = ", ".join(f"{count:,} {units.get(split, split)}" for split, count in self.splits.items())
        return f"{self.name} ({counts})"

    def write(self, folder: Path) -> None:
        """Write this marker into `folder`.

        Raises:
            OSError: the file cannot be written.
        """
        (folder / NAME).write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")


def read_marker(folder: Path, wanted: Marker) -> Marker | None:
    """Return the marker in `folder`; None if `folder` is empty or does not exist.

    Raises:
        ConfigurationError: `folder` contains anything other than `wanted`.
    """
    try:
        names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    except OSError as error:
        raise ConfigurationError(
            f"{folder} is not a readable folder ({error.strerror}); name another folder."
        ) from None
    if not names:
        return None
    marker = _read(folder / NAME) if NAME in names else None
    if marker is None:
        raise ConfigurationError(
            f"{folder} contains other files, such as {min(names)}; name an empty or new folder for {wanted.name}."
        )
    if (marker.name, marker.splits) != (wanted.name, wanted.splits):
        raise ConfigurationError(
            f"{folder} contains {marker.description}, not {wanted.description}; name another folder or remove it."
        )
    return marker


def _read(path: Path) -> Marker | None:
    try:
        return Marker(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
