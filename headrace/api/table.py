"""`headrace.read`: open a table version and read its rows with Spark, pandas or Arrow."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from headrace.api.callers_session import callers_session
from headrace.api.notebook_display import grid, page, rows
from headrace.contract import Contract
from headrace.table import Summary, Version
from headrace.table import read as read_version
from headrace.table.rejects_and_duplicates_reader import SCHEMA as REJECTS
from headrace.table.rejects_and_duplicates_reader import read_rejects
from headrace.table.version_and_preparation_summary import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    import tensorflow as tf
    from numpy.typing import NDArray
    from pyspark.sql import DataFrame, SparkSession

    from headrace.api.table_batches import BatchOrder
    from headrace.stream.adapters.plan_as_petastorm_reader import PlanReader
    from headrace.stream.adapters.torch_dataset import StepDataset


class Table:
    """One version of a table of prepared records, which never changes.

    Attributes:
        path: folder of the table.
        version: number of the version.
    """

    def __init__(self, version: Version) -> None:
        self._version = version
        self.path = version.table
        self.version = version.number

    @property
    def summary(self) -> Summary:
        """The accounting of every record, and the settings of the preparation."""
        return self._version.summary

    @property
    def contract(self) -> Contract:
        """Columns, classes and statistics, from which a network is built."""
        return self._version.contract

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Rows by split, then by class name; by `all` if a row does not have exactly one class."""
        return {split: dict(counts) for split, counts in self.summary.counts.items()}

    def rejects(self, spark: "SparkSession") -> "DataFrame":
        """Return the records that were rejected: path, reason and detail."""
        number, limit = self.summary.rejects_version, max(1, self.summary.rejected)
        found = [] if number is None else read_rejects(self.path, number, limit)
        with callers_session(spark):
            return spark.createDataFrame([tuple(one) for one in found], ", ".join(f"{n} string" for n in REJECTS.names))

    def arrow(self, split: str, *, decode: bool = False) -> pa.Table:
        """Return the rows of a split, in the order of the shards, with labels as names.

        Args:
            split: `train`, `val` or `test`.
            decode: return inputs as arrays of numbers (images as pixels: height, width, channels), texts as their
                tokens, and rows of numbers and categories as columns; otherwise as the bytes that are stored.

        Raises:
            DataError: the version has no row of the split, or a shard is damaged.
        """
        from headrace.convert.decoded_shard_rows import arrow_rows

        return pa.concat_tables(arrow_rows(self._version, shard, decode=decode) for shard in self._version.split(split))

    def pandas(self, split: str, *, decode: bool = False) -> "pd.DataFrame":
        """Return the rows of a split as `arrow` does; decoded inputs are NumPy arrays."""
        from headrace.api.table_rows_as_arrow_pandas_spark import pandas_rows

        return pandas_rows(self.arrow(split, decode=decode))

    def frame(self, spark: "SparkSession", split: str, *, decode: bool = False) -> "DataFrame":
        """Return the rows of a split as a DataFrame, read by tasks, as `arrow` does.

        Args:
            decode: as in `arrow`; images become structs of Spark's own image schema.
        """
        from headrace.api.table_rows_as_arrow_pandas_spark import spark_rows

        with callers_session(spark):
            return spark_rows(spark, self._version, split, decode=decode)

    def tf(
        self, split: str, batch_size: int, *, seed: int | None = None, epochs: int = 1, rank: int = 0, ranks: int = 1
    ) -> "tf.data.Dataset":
        """Return the rows of a split as a dataset of (inputs, target, weight), as `headrace train` streams them.

        Keras's `fit`, `evaluate` and `predict` take it as it is. Training rows have the weights of the table's weight
        column, if it has one; other rows weigh 1. With several ranks the last batch is padded with rows of weight 0, so
        that all ranks have equally many batches: use `weighted_metrics`, and divide a loss by the weights.

        Args:
            split: `train`, `val` or `test`.
            batch_size: rows of a batch.
            seed: seed of the order, which differs by epoch; None for the order of the shards.
            epochs: number of passes over the rows.
            rank: index of this program among `ranks` that share the rows; all of them get equally many batches.
            ranks: number of such programs.

        Raises:
            ConfigurationError: a number is out of its range.
            DataError: the version has no row of the split, or a shard is damaged.
        """
        from headrace.api.table_batches import BatchOrder, batch_dataset

        order = BatchOrder(batch_size=batch_size, seed=seed, rank=rank, ranks=ranks)
        return batch_dataset(self._version, split, order, epochs)

    def batches(
        self, split: str, order: "BatchOrder", *, epoch: int = 0, first_step: int = 0
    ) -> "Iterator[tuple[Any, NDArray[Any]]]":
        """Yield (inputs, targets) of each batch of one epoch as NumPy arrays, without padding.

        Inputs are one array, or of several inputs a dict of arrays by name, as networks receive them. Weights of rows
        are left out, which a warning says. The order depends on `order` and `epoch` alone, so that a program that
        starts again at `first_step` gets the same rows.

        Args:
            split: `train`, `val` or `test`.
            order: batch size, seed, and the share of this program.
            epoch: number of the epoch, from 0.
            first_step: number of the first batch, from 0.

        Raises:
            ConfigurationError: a number is out of its range.
            DataError: the version has no row of the split, or a shard is damaged.

        Example:
            >>> for inputs, targets in table.batches("train", BatchOrder(batch_size=64, seed=1), epoch=3):
            ...     loss = network(torch.from_numpy(inputs))
        """
        from headrace.api.table_batches import array_batches

        return array_batches(self._version, split, order, epoch, first_step)

    def reader(
        self,
        split: str,
        batch_size: int,
        *,
        seed: int | None = None,
        epochs: int = 1,
        rank: int = 0,
        ranks: int = 1,
        start_step: int = 0,
        drop_last: bool = False,
        for_torch: bool = False,
    ) -> "PlanReader":
        """Return a reader for `make_petastorm_dataset`, and for the loaders of `petastorm.pytorch`.

        It has the rows and the order of `tf`, one step at a time, without padding. A field has the name of its column:
        inputs, target, `path`, and the weight if rows have one. `reset` goes on to the next epoch. `state()` returns
        the arguments with which a program continues after the step that the reader returned last.

        Args:
            split: `train`, `val` or `test`.
            batch_size: rows of a step.
            seed: seed of the order, which differs by epoch; None for the order of the shards.
            epochs: number of epochs after which a pass ends, counted from the beginning of the run.
            rank: index of this program among `ranks` that share the rows. All of them get equally many steps; in the
                last of an epoch one can have fewer rows than another, or none.
            ranks: number of such programs.
            start_step: number of the first step, counted from the beginning of the run.
            drop_last: leave out the last step of an epoch if it is incomplete, so that all steps have `batch_size`
                rows.
            for_torch: what `BatchedDataLoader` needs, as it joins steps and refuses strings: texts are padded to the
                longest of the table, and there is no `path`. Class indices are int64.

        Raises:
            ConfigurationError: a number is out of its range.
            DataError: the version has no row of the split, or a shard is damaged.

        Example:
            >>> with table.reader("train", 64, seed=1, for_torch=True) as reader:
            ...     for batch in BatchedDataLoader(reader, batch_size=64):
            ...         loss = network(batch["image"])
        """
        from headrace.api.table_batches import BatchOrder, open_reader

        order = BatchOrder(batch_size=batch_size, seed=seed, rank=rank, ranks=ranks)
        return open_reader(
            self._version, split, order, start_step=start_step, epochs=epochs, drop_last=drop_last, for_torch=for_torch
        )

    def torch(
        self,
        split: str,
        batch_size: int,
        *,
        seed: int | None = None,
        rank: int = 0,
        ranks: int = 1,
        start_step: int = 0,
        drop_last: bool = False,
    ) -> "StepDataset":
        """Return an `IterableDataset` of PyTorch, which must be installed: (inputs, target) of each step as tensors.

        It has the rows and the order of `tf`, without padding or weights; class indices are int64, as losses expect.
        Each iteration is the next epoch. `DataLoader(dataset, batch_size=None)` takes it, without worker processes.

        Args:
            split: `train`, `val` or `test`.
            batch_size: rows of a step.
            seed: seed of the order, which differs by epoch; None for the order of the shards.
            rank: index of this program, as in `reader`.
            ranks: number of programs.
            start_step: number of the first step, counted from the beginning of the run, as in `reader`.
            drop_last: leave out the last step of an epoch if it is incomplete.

        Raises:
            ConfigurationError: PyTorch is not installed, or a number is out of its range.
            DataError: the version has no row of the split, or a shard is damaged.
        """
        from headrace.api.table_batches import BatchOrder, torch_dataset

        order = BatchOrder(batch_size=batch_size, seed=seed, rank=rank, ranks=ranks)
        return torch_dataset(self._version, split, order, start_step=start_step, drop_last=drop_last)

    def convert(self, output: str | Path, format: str, *, split: str | None = None) -> dict[str, Any]:
        """Write the rows to the new folder `output` for other libraries, as `headrace convert` does.

        Args:
            output: folder of this machine.
            format: `tfrecord`, `webdataset` or `huggingface`.
            split: the only split to convert; None converts all.

        Returns:
            What the command prints: among others the rows of each split, and the number of files.

        Raises:
            ConfigurationError: `output` exists or is an address, the format is not known, or two columns would have
                the same name.
            DataError: the version has no row of the split, or a shard is damaged.
        """
        from headrace.convert.job import convert

        return convert(self._version, output, format, split)

    def __repr__(self) -> str:
        return f"Table({str(self.path)!r}, version={self.version})"

    def _repr_html_(self) -> str:
        summary, splits = self.summary, [split for split in SPLITS if self.counts.get(split)]
        by_class = {split: summary.class_counts[split] for split in splits}
        names = self.contract.classes or ("all",)
        if self.contract.target.has_items:
            by_class, names = {split: {"all": sum(by_class[split].values())} for split in splits}, ("all",)
        counted = ((name, *(by_class[split].get(name, 0) for split in splits)) for name in names)
        records: dict[str, Any] = {
            "records": summary.rows_in, "written": summary.written, "rejected": summary.rejected,
            "duplicates dropped": summary.duplicates,
        }  # fmt: skip
        reasons = {f"rejected: {reason}": count for reason, count in summary.rejects.items()}
        title = f"Table {self.path}, version {self.version}"
        return page(title, rows(records | reasons), grid(("class", *splits), counted))


def read(table: str | Path, version: int | None = None) -> Table:
    """Return a version of a table; the newest if `version` is None.

    Raises:
        DataError: there is no such table or version.
    """
    return Table(read_version(table, version))
