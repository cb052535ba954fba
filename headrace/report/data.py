"""What the page says about the data: the account of every record, counts, statistics, rejects, sample images."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headrace.errors import DataError, StoreError
from headrace.report.records import Run
from headrace.report.samples import Samples, sample_images

if TYPE_CHECKING:
    from headrace.table.rejects import Reject
    from headrace.table.version import Summary, Version

MOST_REJECTS = 20
CHANNEL_NAMES = {1: ("grey",), 3: ("red", "green", "blue")}


@dataclass(frozen=True)
class Channel:
    """Of the stored values over the training split."""

    name: str
    mean: float
    standard_deviation: float


@dataclass(frozen=True, kw_only=True)
class Data:
    """The version a run was trained on; where a part could not be read, `..._problem` says why.

    Attributes:
        splits: names of the splits that have rows.
        rows: by class name, then one count for each of `splits`.
    """

    summary: "Summary"
    splits: tuple[str, ...]
    rows: dict[str, tuple[int, ...]]
    channels: tuple[Channel, ...]
    rejects: "list[Reject]"
    rejects_problem: str | None
    samples: Samples | None
    samples_problem: str | None

    @property
    def balanced(self) -> bool:
        """Whether every record that went in is accounted for."""
        summary = self.summary
        return summary.rows_in == summary.written + summary.rejected + summary.duplicates

    @property
    def totals(self) -> tuple[int, ...]:
        """Rows in each of `splits`."""
        return tuple(sum(self.summary.counts[split].values()) for split in self.splits)


def describe_data(run: Run) -> Data | str:
    """The data of `run`, or the sentence that says why they cannot be read."""
    from headrace.table import read

    try:
        version = read(run.table, run.data_version)
    except (DataError, StoreError) as error:
        return str(error)
    summary = version.summary
    splits = tuple(split for split in ("train", "val", "test") if summary.counts.get(split))
    rejects, rejects_problem = _rejects(version)
    samples, samples_problem = _samples(version)
    return Data(
        summary=summary,
        splits=splits,
        rows={name: tuple(_of_class(summary, split, name) for split in splits) for name in summary.contract.classes},
        channels=_channels(version),
        rejects=rejects,
        rejects_problem=rejects_problem,
        samples=samples,
        samples_problem=samples_problem,
    )


def _of_class(summary: "Summary", split: str, name: str) -> int:
    return summary.class_counts.get(split, {}).get(name, 0)


def _channels(version: "Version") -> tuple[Channel, ...]:
    statistics = version.contract.statistics
    if statistics is None:
        return ()
    numbered = tuple(f"channel {number}" for number in range(1, len(statistics.mean) + 1))
    windows = version.contract.windows
    names = windows.values if windows else CHANNEL_NAMES.get(len(numbered), numbered)
    return tuple(map(Channel, names, statistics.mean, statistics.standard_deviation))


def _rejects(version: "Version") -> "tuple[list[Reject], str | None]":
    from headrace.table.rejects import read_rejects

    number = version.summary.rejects_version
    if number is None:
        return [], None
    try:
        return read_rejects(version.table, number, MOST_REJECTS), None
    except (DataError, StoreError) as error:
        return [], str(error)


def _samples(version: "Version") -> tuple[Samples | None, str | None]:
    try:
        return sample_images(version), None
    except (DataError, StoreError, OSError, ValueError) as error:
        # pyarrow's errors about damaged files are ValueErrors.
        return None, " ".join(str(error).split())
