"""Where raw records come from."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from headrace.config.section import Place, Section, require_source


def word(value: object) -> str:
    """A value of YAML as the text that stood there."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Columns(Section):
    """What the columns of a table are for."""

    input: Place = Field("data", description="the column of the records themselves; of windows see prepare.windows")
    holds: Literal["bytes", "paths", "text"] = Field(
        "text", description="bytes: a file's content; paths: of files, relative to data.source.path; text"
    )
    label: Place = "label"
    split: Place | None = Field(None, description="the column of train, val and test")
    weight: Place | None = Field(None, description="the column of weights, see prepare.weights")
    identity: Place | None = Field(None, description="the column that names a record; a hash of it if not given")


class Source(Section):
    """Where the raw records are."""

    kind: Literal["folder", "table", "archive", "idx", "cifar"] = Field(
        "folder",
        description="folder: files in class folders, or with a labels file; table: what Spark reads; archive: tar and "
        "zip files; idx: files of the MNIST family; cifar: binary files of CIFAR-10 and CIFAR-100",
    )
    path: Place = Field(
        description="the folder that holds them, s3://bucket/folder, or hdfs://namenode:port/folder; of an archive or "
        "table also the file itself"
    )
    labels: Place | None = Field(
        None,
        description="of a folder: CSV or JSONL file in it with columns path, label and, if wanted, split and weight",
    )
    columns: Columns | None = Field(None, description="of a table: what its columns hold")
    format: Literal["csv", "json", "parquet", "orc", "jdbc"] = Field("parquet", description="of a table")
    options: dict[str, str] = Field(
        default_factory=dict,
        description="of Spark's reader of a table, such as header; $NAME stands for an environment variable",
    )
    class_names: dict[str, str] = Field(
        default_factory=dict, description="names of classes by what the source calls them, such as {0: airplane}"
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
        if (self.kind == "table") != (self.columns is not None):
            raise ValueError("`columns` belongs to the kind table, and that kind needs it")
        if self.labels is not None and self.kind != "folder":
            raise ValueError("`labels` belongs to the kind folder")
        if self.format != "jdbc":
            require_source(self.path)
        return self
