"""The report's data section: record accounting, counts, statistics, rejects, and sample images of each class."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from headrace.errors import DataError, StoreError
from headrace.features.input_kind_loader import input_module
from headrace.report.run_folder_files import RunFile
from headrace.report.stored_row_picture_interface import StoredRowPictureInterface
from headrace.storage.open_parquet import open_parquet
from headrace.targets.target_kind_loader import target_module

if TYPE_CHECKING:
    from PIL.Image import Image

    from headrace.contract import Contract
    from headrace.table.rejects_and_duplicates_reader import Reject
    from headrace.table.version_and_preparation_summary import Summary, Version

MAX_CLASSES = 20
PER_CLASS = 8
ALL = "all rows"
MAX_SHARDS = 4
MAX_ROWS = 4096
ROWS_PER_BATCH = 64
# Twice the size at which the page shows them, for high-density screens.
LARGEST_SIDE = 96
MAX_REJECTS = 20
CHANNEL_NAMES = {1: ("grey",), 3: ("red", "green", "blue")}


class TargetPictureInterface(Protocol):
    """The module `mask_pictures` of a target kind whose traits say that it is per pixel."""

    def tint(self, image: "Image", stored: Any, contract: "Contract") -> "Image":
        """Return an image of a sample with the colours of its stored target."""


class Sample(NamedTuple):
    """The picture of a sample: its path in the source, and an image as a data URI."""

    path: str
    uri: str


@dataclass(frozen=True)
class Samples:
    """Pictures of samples by class name, in the order of the classes; `pixelated` if they are shown enlarged."""

    by_class: dict[str, list[Sample]]
    pixelated: bool


def sample_images(version: "Version") -> Samples | None:
    """Return pictures of up to PER_CLASS rows of each of the first MAX_CLASSES classes; None if the kind has none.

    Raises:
        DataError: the version has no training split.
        OSError: a shard is missing or damaged.
    """
    contract, largest = version.contract, 0
    shown = next(((name, one) for name, one in contract.inputs.items() if one.feature.has_pictures), None)
    if shown is None:
        return None
    module: StoredRowPictureInterface = input_module(shown[1].input_kind, "input_as_picture_or_text")
    column = shown[1].named("input")[1]
    classes = _listed_classes(contract) or (ALL,)
    samples: dict[str, list[Sample]] = {name: [] for name in classes[:MAX_CLASSES]}
    for path, target, data in _iter_rows(version, shown[0]):
        number = _class_index(target, contract)
        class_samples = None if number is None else samples.get(classes[number])
        if class_samples is not None and len(class_samples) < PER_CLASS:
            image = module.to_pil_image(data, column)
            if contract.target.is_per_pixel:
                image = _tint(image, target, contract)
            largest = max(largest, *image.size)
            class_samples.append(Sample(path, _data_uri(image)))
            if all(len(class_samples) == PER_CLASS for class_samples in samples.values()):
                break
    return Samples(samples, pixelated=largest < LARGEST_SIDE // 2)


def _listed_classes(contract: "Contract") -> tuple[str, ...]:
    """Return the classes that samples are shown by: none of pixels, nor of items, of which there are thousands."""
    target = contract.target
    return () if target.is_per_pixel or target.has_items else contract.classes


def _class_index(target: int | float | bytes, contract: "Contract") -> int | None:
    """Return the index of the class to show a row under: its class, its first label, or 0 without classes."""
    if not _listed_classes(contract):
        return 0
    if isinstance(target, bytes):
        return int.from_bytes(target[:4], "little") if target else None
    return int(target)


def _tint(image: "Image", target: int | float | bytes, contract: "Contract") -> "Image":
    """Return the image with its mask, as the target kind draws it."""
    module: TargetPictureInterface = target_module(contract.task, "mask_pictures")
    return module.tint(image, target, contract)


def _iter_rows(version: "Version", column: str) -> Iterator[tuple[str, int | float | bytes, bytes]]:
    """Yield (path, target, stored image in `column`) of the first rows; shards are read lazily."""
    columns = ["path", version.contract.named("target")[0], column]
    rows_read = 0
    for shard in version.split("train")[:MAX_SHARDS]:
        with open_parquet(version.table / shard.path, pre_buffer=False, buffer_size=1 << 16) as file:
            for batch in file.iter_batches(batch_size=ROWS_PER_BATCH, columns=columns):
                yield from zip(*(batch[name].to_pylist() for name in columns), strict=True)
                rows_read += batch.num_rows
                if rows_read >= MAX_ROWS:
                    return


def _data_uri(image: "Image") -> str:
    # A decoded JPEG image keeps its format until it is changed.
    image_format = "jpeg" if image.format == "JPEG" else "png"
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, image_format, **({"quality": 88} if image_format == "jpeg" else {"optimize": True}))
    return f"data:image/{image_format};base64,{base64.b64encode(buffer.getvalue()).decode()}"


class ChannelStatistics(NamedTuple):
    """Statistics of the stored values of one channel, or of one feature, over the training split."""

    name: str
    mean: float
    standard_deviation: float


@dataclass(frozen=True, kw_only=True)
class TableData:
    """The table version that a run was trained on; `..._problem` says why a part could not be read.

    Attributes:
        splits: names of the splits that have rows.
        rows: by class name, then one count for each of `splits`.
        axis: what `channels` are: channels of images, or features or numbers, whose values are of any size.
        newest: number of the newest version of the table.
    """

    newest: int
    summary: "Summary"
    splits: tuple[str, ...]
    rows: dict[str, tuple[int, ...]]
    channels: tuple[ChannelStatistics, ...]
    axis: str
    rejects: "list[Reject]"
    rejects_problem: str | None
    samples: Samples | None
    samples_problem: str | None

    @property
    def balanced(self) -> bool:
        """Return whether every input record is accounted for."""
        summary = self.summary
        return summary.rows_in == summary.written + summary.rejected + summary.duplicates

    @property
    def totals(self) -> tuple[int, ...]:
        """Rows of each of `splits`."""
        return tuple(sum(self.summary.counts[split].values()) for split in self.splits)


def describe_data(run: RunFile) -> TableData | str:
    """Return the data of `run`, or the reason why it cannot be read."""
    from headrace.table import read
    from headrace.table.transaction_log import newest_number

    try:
        version = read(run.table, run.data_version)
        newest = newest_number(version.table)
    except (DataError, StoreError) as error:
        return str(error)
    summary = version.summary
    splits = tuple(split for split in ("train", "val", "test") if summary.counts.get(split))
    rejects, rejects_problem = _rejects(version)
    samples, samples_problem = _samples(version)
    return TableData(
        newest=version.number if newest is None else newest,
        summary=summary,
        splits=splits,
        rows={
            name: tuple(_class_count(summary, split, name) for split in splits)
            for name in (() if summary.contract.target.has_items else summary.contract.classes)
        },
        channels=_channels(summary.contract),
        axis=summary.contract.feature.statistics_axis,
        rejects=rejects,
        rejects_problem=rejects_problem,
        samples=samples,
        samples_problem=samples_problem,
    )


def _class_count(summary: "Summary", split: str, name: str) -> int:
    return summary.class_counts.get(split, {}).get(name, 0)


def _channels(contract: "Contract") -> tuple[ChannelStatistics, ...]:
    if contract.is_record:
        return tuple(
            channel._replace(name=f"{name} {channel.name}")
            for name, one in contract.inputs.items()
            for channel in _channels(one)
        )
    statistics = contract.statistics
    if statistics is None:
        return ()
    default_names = tuple(f"channel {number}" for number in range(1, len(statistics.mean) + 1))
    names = contract.spec.value_names or CHANNEL_NAMES.get(len(default_names), default_names)
    return tuple(map(ChannelStatistics, names, statistics.mean, statistics.standard_deviation))


def _rejects(version: "Version") -> "tuple[list[Reject], str | None]":
    from headrace.table.rejects_and_duplicates_reader import read_rejects

    number = version.summary.rejects_version
    if number is None:
        return [], None
    try:
        return read_rejects(version.table, number, MAX_REJECTS), None
    except (DataError, StoreError) as error:
        return [], str(error)


def _samples(version: "Version") -> tuple[Samples | None, str | None]:
    try:
        return sample_images(version), None
    except (DataError, StoreError, OSError, ValueError) as error:
        # pyarrow raises ValueError for a damaged file.
        return None, " ".join(str(error).split())
