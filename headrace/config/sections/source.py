"""Where raw records come from."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from headrace.config.base import NonEmptyStr, Section, require_source


def word(value: object) -> str:
    """A value of YAML as the text that stood there."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Columns(Section):
    """What the columns of a table are for."""

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
        """Return the names of all columns that are read, the input's first."""
        named = (self.input, self.label, self.split, self.weight, self.identity)
        return tuple(name for name in named if name is not None)


# What Petastorm's codecs write: CompressedImageCodec, NdarrayCodec, CompressedNdarrayCodec, ScalarCodec or none.
Codec = Literal["image", "ndarray", "compressed_ndarray", "scalar"]


class Source(Section):
    """Where the raw records are."""

    kind: Literal["folder", "table", "archive", "idx", "cifar", "petastorm"] = Field(
        "folder",
        description=(
            "folder: files in class folders, or listed in a labels file; table: any table that Spark reads; "
            "archive: tar and zip files; idx: MNIST-style IDX files; cifar: CIFAR-10 and CIFAR-100 binary "
            "files; petastorm: a dataset materialized by Petastorm"
        ),
    )
    path: NonEmptyStr = Field(
        description=(
            "folder of the raw records, s3://bucket/folder or hdfs://namenode:port/folder; for archive and "
            "table also a single file"
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
    format: Literal["csv", "json", "parquet", "orc", "jdbc"] = Field(
        "parquet", description="kind table: file format, or jdbc"
    )
    options: dict[str, str] = Field(
        default_factory=dict,
        description=(
            "kind table: options of Spark's reader, such as header; $NAME is replaced by the environment variable NAME"
        ),
    )
    class_names: dict[str, str] = Field(
        default_factory=dict, description="class name by the source's own label, such as {0: airplane}"
    )

    @field_validator("class_names", "options", mode="before")
    @classmethod
    def _keys_and_values_are_text(cls, value: object) -> object:
        # YAML reads 0: airplane and header: true as a number and a truth value.
        if not isinstance(value, dict):
            return value
        return {str(key): word(one) for key, one in value.items()}

    @model_validator(mode="after")
    def _kind_has_what_it_needs(self) -> "Source":
        if (self.kind in ("table", "petastorm")) != (self.columns is not None):
            raise ValueError("`columns` belongs to the kinds table and petastorm, and these need it")
        if self.labels is not None and self.kind != "folder":
            raise ValueError("`labels` belongs to the kind folder")
        if self.format != "jdbc":
            require_source(self.path)
        return self

    @model_validator(mode="after")
    def _codecs_are_of_petastorm(self) -> "Source":
        if self.kind != "petastorm" or self.columns is None:
            if self.codecs:
                raise ValueError("`codecs` belongs to the kind petastorm")
            return self
        for key, given in (("format", self.format != "parquet"), ("options", bool(self.options))):
            if given:
                raise ValueError(f"`{key}` belongs to the kind table; a data set of Petastorm's is Parquet")
        if "content" in self.columns.model_fields_set:
            raise ValueError(
                "`columns.content` belongs to the kind table; of petastorm the codec says it, see `codecs`"
            )
        unknown = sorted(set(self.codecs) - set(self.columns.names))
        if unknown:
            raise ValueError(f"`codecs` names {unknown[0]!r}, which is none of `columns`")
        return self
