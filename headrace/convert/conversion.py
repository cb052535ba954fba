"""What is converted, and the interface of a format."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from headrace.convert.fields_and_rows import Field, list_fields, read_rows
from headrace.table import Version


@dataclass(frozen=True)
class Conversion:
    """A version of a table and the columns of its converted rows."""

    version: Version
    fields: tuple[Field, ...]

    @classmethod
    def of(cls, version: Version) -> "Conversion":
        """Return the conversion of a version.

        Raises:
            ConfigurationError: two columns would have the same name.
        """
        return cls(version, list_fields(version.contract))

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, by class index; empty where targets are numbers."""
        return self.version.contract.classes

    @property
    def inputs(self) -> tuple[Field, ...]:
        """The columns that are an input as a whole."""
        return tuple(field for field in self.fields if field.is_input)

    def rows(self, split: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a split; see `read_rows`."""
        return read_rows(self.version, split, self.fields)


class WrittenSplit(NamedTuple):
    """The files of a split.

    Attributes:
        size: of the rows in memory, in bytes.
    """

    rows: int
    size: int
    files: list[Path]


class FormatInterface(Protocol):
    """The module of a format."""

    def write_split(
        self, conversion: Conversion, rows: Iterator[pa.RecordBatch], folder: Path, split: str
    ) -> list[Path]:
        """Write the rows of a split, in their order, into files in `folder`, and return the files."""

    def write_description(self, conversion: Conversion, folder: Path, splits: dict[str, WrittenSplit]) -> None:
        """Write what a program needs to read the files."""


def describe_inputs(conversion: Conversion) -> dict[str, Any]:
    """Return what a table knows of each input, such as the rate of sounds and the mean of each channel, as JSON has it.

    What only Headrace reads, such as the file of a tokenizer, is left out.
    """
    fitted = {"file", "sha256", "tokenizer"}
    specs = conversion.version.contract.input_specs
    return {name: spec.model_dump(mode="json", exclude=fitted) for name, spec in specs.items()}


def describe(conversion: Conversion, folder: Path, splits: dict[str, WrittenSplit]) -> dict[str, Any]:
    """Return the origin, the inputs, the classes and the files of what was converted, as JSON has them."""
    version = conversion.version
    return {
        "table": str(version.table.absolute()),
        "version": version.number,
        "inputs": describe_inputs(conversion),
        "classes": list(conversion.classes),
        "splits": {
            name: {"rows": one.rows, "files": [str(file.relative_to(folder)) for file in one.files]}
            for name, one in splits.items()
        },
    }
