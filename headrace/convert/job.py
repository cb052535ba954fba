"""The convert command: write the rows of a table as files that other libraries read."""

import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from headrace.convert.conversion import Conversion, FormatInterface, WrittenSplit
from headrace.convert.placeholder_warnings import PlaceholderCounter
from headrace.errors import ConfigurationError
from headrace.progress_bar import progress
from headrace.storage import is_remote, locate
from headrace.storage.atomic_files_and_folders import atomic_directory, require_absent
from headrace.table import Version
from headrace.table.version_and_preparation_summary import SPLITS
from headrace.wording import join_names

# Each format's module, imported when it is needed: only that of TFRecord imports TensorFlow.
FORMATS = {
    "tfrecord": "headrace.convert.tfrecord_files",
    "webdataset": "headrace.convert.webdataset_tars",
    "huggingface": "headrace.convert.huggingface_dataset",
}


def convert(version: Version, output: str | Path, format: str, split: str | None = None) -> dict[str, Any]:
    """Write the rows of a version to the new folder `output`, each once and in the table's order.

    Args:
        format: `tfrecord`, `webdataset` or `huggingface`.
        split: the only split to convert; None converts all.

    Raises:
        ConfigurationError: `output` exists or is an address, the format is not known, or two columns would have the
            same name.
        DataError: the version has no row of the split, or a shard is damaged.
    """
    start = time.monotonic()
    target = _local_folder(output)
    require_absent(target)
    writer = _load_format(format)
    conversion, splits = Conversion.of(version), _choose_splits(version, split)
    with atomic_directory(target.absolute()) as folder:
        written = _write_splits(conversion, writer, folder, splits)
        writer.write_description(conversion, folder, written)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        require_absent(target)
    return {
        "output": str(target.absolute()),
        "format": format,
        "table": str(version.table.absolute()),
        "version": version.number,
        "rows": {name: one.rows for name, one in written.items()},
        "files": sum(len(one.files) for one in written.values()),
        "bytes": size,
        "seconds": round(time.monotonic() - start, 3),
    }


def _local_folder(output: str | Path) -> Path:
    path = locate(output)
    if is_remote(path) or "://" in str(output):
        raise ConfigurationError(
            f"The output {output} is an address; expected a folder of this machine. Convert into one, and copy it."
        )
    return path


def _load_format(name: str) -> FormatInterface:
    if name not in FORMATS:
        raise ConfigurationError(f"The format {name!r} is not known; expected one of {join_names(list(FORMATS))}.")
    module: Any = import_module(FORMATS[name])
    return module  # type: ignore[no-any-return]


def _choose_splits(version: Version, split: str | None) -> dict[str, int]:
    """Return the number of rows of each split to convert."""
    present = {shard.split for shard in version.shards}
    names = [split] if split is not None else [name for name in SPLITS if name in present]
    return {name: sum(shard.rows for shard in version.split(name)) for name in names}


def _write_splits(
    conversion: Conversion, writer: FormatInterface, folder: Path, splits: dict[str, int]
) -> dict[str, WrittenSplit]:
    written, placeholders = dict[str, WrittenSplit](), PlaceholderCounter(conversion.fields)
    with progress("convert", sum(splits.values()), "rows") as count:
        for name, rows in splits.items():
            sizes = list[int]()
            batches = _counted(conversion.rows(name), sizes, count, placeholders)
            files = writer.write_split(conversion, batches, folder, name)
            written[name] = WrittenSplit(rows, sum(sizes), files)
    placeholders.warn()
    return written


def _counted(
    batches: Iterator[pa.RecordBatch],
    sizes: list[int],
    count: Callable[[int], object],
    placeholders: PlaceholderCounter,
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        placeholders.add(batch)
        yield batch
        sizes.append(batch.nbytes)
        count(batch.num_rows)
