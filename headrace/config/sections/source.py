"""Configuration section for the source of raw records."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidatorFunctionWrapHandler, field_serializer, field_validator, model_validator

from headrace.config.base_section import NonEmptyStr, Section
from headrace.config.path_validators import require_source
from headrace.config.table_reader_options import ReaderOptions, parse_reader_options


def as_yaml_text(value: object) -> str:
    """Return a parsed YAML value as the text in the file: true, not True."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Columns(Section):
    """Roles of a table's columns."""

    input: NonEmptyStr = Field(
        "data", description="column that holds the records; ignored for windows, see prepare.windows"
    )
    content: Literal["bytes", "paths", "text"] = Field(
        "text",
        description=(
            "what the input column holds. bytes: the content of a file; paths: file paths relative to "
            "data.source.path; text: the text itself"
        ),
    )
    label: NonEmptyStr = Field("label", description="column of the labels")
    split: NonEmptyStr | None = Field(None, description="column that holds train, val or test")
    weight: NonEmptyStr | None = Field(None, description="column of the sample weights, see prepare.weights")
    identity: NonEmptyStr | None = Field(
        None, description="column that identifies a record; default: a hash of the record"
    )

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all columns to read, the input column first."""
        named = (self.input, self.label, self.split, self.weight, self.identity)
        return tuple(name for name in named if name is not None)


# Format of the rows of a Spark DataFrame that a program passes; a file cannot name it.
DATAFRAME = "dataframe"
JDBC = "jdbc"
# Formats whose rows are in no files.
WITHOUT_FILES = (JDBC, DATAFRAME)
# Written by Petastorm's CompressedImageCodec, NdarrayCodec, CompressedNdarrayCodec, and ScalarCodec or no codec.
Codec = Literal["image", "ndarray", "compressed_ndarray", "scalar"]


class Source(Section):
    """Source of the raw records."""

    kind: Literal["folder", "table", "archive", "idx", "cifar", "petastorm"] = Field(
        "folder",
        description=(
            "folder: files in class folders, or listed in a labels file; table: any table that Spark reads; "
            "archive: tar and zip files; idx: MNIST-style IDX files; cifar: CIFAR-10 and CIFAR-100 binary "
            "files; petastorm: a dataset materialised by Petastorm"
        ),
    )
    path: NonEmptyStr = Field(
        description=(
            "folder of the raw records, s3://bucket/folder or hdfs://namenode:port/folder; for archive and "
            "table also a single file; of format jdbc the database's address, such as jdbc:postgresql://host/name"
        )
    )
    labels: NonEmptyStr | None = Field(
        None,
        description=(
            "kind folder: CSV or JSONL file inside it with columns path, label and, optionally, split and weight"
        ),
    )
    columns: Columns | None = Field(None, description="kinds table and petastorm: which column holds what")
    codecs: dict[str, Codec] = Field(
        default_factory=dict,
        description=(
            "kind petastorm: codec by column, such as {photo: image}, where the pickled schema lacks it or "
            "is wrong. image: a PNG or JPEG file; ndarray, compressed_ndarray: an array of uint8; scalar: a "
            "plain value"
        ),
    )
    format: Literal["csv", "json", "parquet", "orc", "tfrecord", "delta", "jdbc"] = Field(
        "parquet", description="kind table: file format, delta for a Delta table, or jdbc"
    )
    options: dict[str, str] = Field(
        default_factory=dict,
        description=(
            "kind table: options of the reader, under the names of Spark's. csv: header, sep, quote, escape, comment, "
            "nullValue, encoding, ignoreLeadingWhiteSpace, ignoreTrailingWhiteSpace; json: encoding; delta: "
            "versionAsOf; jdbc: those of Spark's reader, where $NAME is replaced by the environment variable NAME"
        ),
    )
    exclude: tuple[NonEmptyStr, ...] = Field(
        (),
        examples=[["*/2026-11-28/*"]],
        description=(
            "files that are not read, such as a delivery that turned out to be wrong: patterns of paths relative to "
            "data.source.path, where * matches any characters, also /. Their records leave the table with the next "
            "preparation"
        ),
    )
    class_names: dict[str, NonEmptyStr] = Field(
        default_factory=dict, description="class name by the source's own label, such as {0: airplane}"
    )

    @field_validator("format", mode="wrap")
    @classmethod
    def _accept_dataframe(cls, value: object, choose: ValidatorFunctionWrapHandler) -> Any:
        return value if value == DATAFRAME else choose(value)

    @field_serializer("format")
    def _format_as_text(self, value: str) -> str:
        # It may be the format that a file cannot name, of which pydantic would warn.
        return value

    @field_validator("class_names", "options", mode="before")
    @classmethod
    def _convert_to_text(cls, value: object) -> object:
        # Programs may pass True for an option, and numbers as keys.
        if not isinstance(value, dict):
            return value
        return {
            str(key): as_yaml_text(item) if isinstance(item, bool | int | float) else item
            for key, item in value.items()
        }

    @model_validator(mode="after")
    def _require_keys_of_kind(self) -> "Source":
        if (self.kind in ("table", "petastorm")) != (self.columns is not None):
            raise ValueError("`columns` is required by the kinds table and petastorm, and not accepted by others")
        if self.labels is not None and self.kind != "folder":
            raise ValueError("`labels` is accepted by the kind folder only")
        if self.has_files:
            require_source(self.path)
        elif self.exclude:
            raise ValueError(f"`exclude` names files, and format {self.format} has none")
        elif self.format == JDBC:
            _require_database(self.path, self.options)
        return self

    @model_validator(mode="after")
    def _require_known_options(self) -> "Source":
        if self.kind == "table" and self.format != DATAFRAME:
            _ = self.reader_options
        elif self.options:
            raise ValueError("`options` is accepted by the kind table only")
        return self

    @property
    def has_files(self) -> bool:
        """Return whether the rows are in files, and not in a database or a DataFrame."""
        return self.format not in WITHOUT_FILES

    @property
    def is_dataframe(self) -> bool:
        """Return whether the rows are those of a DataFrame."""
        return str(self.format) == DATAFRAME

    @property
    def reader_options(self) -> ReaderOptions:
        """Return the options of the reader; those of JDBC are Spark's own."""
        if not self.has_files:
            return ReaderOptions()
        return parse_reader_options(self.format, self.options)

    @model_validator(mode="after")
    def _require_petastorm_keys(self) -> "Source":
        if self.kind != "petastorm" or self.columns is None:
            if self.codecs:
                raise ValueError("`codecs` is accepted by the kind petastorm only")
            return self
        for key, given in (("format", self.format != "parquet"), ("options", bool(self.options))):
            if given:
                raise ValueError(f"`{key}` is accepted by the kind table only; a Petastorm dataset is always Parquet")
        if "content" in self.columns.model_fields_set:
            raise ValueError(
                "`columns.content` is accepted by the kind table only; for petastorm the codec decides, see `codecs`"
            )
        unknown = sorted(set(self.codecs) - set(self.columns.names))
        if unknown:
            raise ValueError(f"`codecs` names {unknown[0]!r}, which is not one of `columns`")
        return self


def _require_database(path: str, options: Mapping[str, str]) -> None:
    """Raise unless a path is the address of a database, and the options name no other one.

    Raises:
        ValueError: in that case.
    """
    if not path.startswith("jdbc:"):
        raise ValueError(
            "`path` of format jdbc is the address of the database, such as jdbc:postgresql://host/name; it does not "
            "begin with jdbc:"
        )
    if any(name.lower() == "url" for name in options):
        raise ValueError("`options.url` is not read; the address of the database is `path`")
