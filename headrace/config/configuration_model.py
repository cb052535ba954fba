"""The model of the whole configuration: one model per section, every key with its default and description.

Unknown keys are errors. `headrace config --schema` prints these models as JSON Schema.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from headrace.config.base_section import NonEmptyStr, Positive, Section, strip_backticks
from headrace.config.path_validators import StoredFolder
from headrace.config.sections.inputs.image_and_text import Image, Text
from headrace.config.sections.preparation import Prepare, Splits
from headrace.config.sections.registry import Registry
from headrace.config.sections.retraining import Retrain
from headrace.config.sections.source import Source
from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.config.sections.training import Train
from headrace.config.sections.tuning import Tune
from headrace.config.validated_spark_conf import Settings

__all__ = ["Configuration", "Data", "Image", "Model", "Prepare", "Source", "Spark", "Splits", "Stream", "Text", "Train"]


class Data(Section):
    """The raw records, and the table prepared from them."""

    source: Source
    table: StoredFolder = Field(
        description="folder of the Delta table that holds the prepared shards, or s3://bucket/folder"
    )


class Model(Section):
    """The network: a Python file that defines build(contract, **options)."""

    file: NonEmptyStr = Field(
        description=(
            "path of a Python file that defines build(contract, **options); or the name of a network that ships with "
            "Headrace, such as cnn"
        )
    )
    options: dict[str, Any] = Field(default_factory=dict, description="keyword arguments passed to build()")


class Spark(Section):
    """The Spark session, where spark-submit has not created one."""

    local: bool = Field(True, description="start Spark on this machine if nothing else sets a master")
    slots: Positive | None = Field(
        None, description="task slots of local Spark; default: the number of ranks or of CPU cores"
    )
    cluster: NonEmptyStr | None = Field(
        None, description="YAML file with spark.* settings for one kind of cluster, such as conf/cluster/yarn.yaml"
    )
    settings: Settings = Field(
        default_factory=dict,
        description=(
            "spark.* settings; they override those of the cluster file. $NAME is replaced by the environment "
            "variable NAME"
        ),
    )


class Configuration(Section):
    """The whole configuration."""

    data: Data
    prepare: Prepare = Prepare()
    model: Model
    stream: Stream = Stream()
    train: Train
    tune: Tune | None = None
    registry: Registry | None = None
    retrain: Retrain | None = None
    spark: Spark = Spark()

    @model_validator(mode="after")
    def _require_source_of_lists(self) -> "Configuration":
        source = self.data.source
        if self.prepare.target.is_per_pixel and source.kind not in ("folder", "table"):
            raise ValueError(
                f"`prepare.task: {self.prepare.task}` needs a file of the mask for each image; use "
                f"`data.source.kind: folder` or `table`, not {source.kind}"
            )
        if self.prepare.target.is_per_pixel:
            _require_values(source.class_names, self.prepare.mask.ignore)
        noun = self.prepare.target.list_noun
        if noun and source.columns is None and source.labels is None:
            raise ValueError(
                f"`prepare.task: {self.prepare.task}` needs a source with {noun} per record; use a labels "
                "file (`data.source.labels`), or `data.source.kind: table`"
            )
        return self

    @model_validator(mode="after")
    def _require_gate_metrics_of_task(self) -> "Configuration":
        unsupported = self.retrain.gate.unsupported_metrics(self.prepare.task) if self.retrain else []
        if unsupported:
            known = ", ".join(self.prepare.target.comparison_metrics)
            raise ValueError(
                f"`retrain.gate` names {', '.join(unsupported)}; metrics of {self.prepare.task} are {known}"
            )
        return self

    @model_validator(mode="after")
    def _require_weight_column(self) -> "Configuration":
        source = self.data.source
        in_column = source.columns is not None and source.columns.weight is not None
        if in_column and not self.prepare.weights:
            raise ValueError("`data.source.columns.weight` is read only with `prepare.weights: true`")
        if self.prepare.weights and not in_column and source.labels is None:
            raise ValueError(
                "`prepare.weights` needs `data.source.columns.weight`, or a labels file with a column weight"
            )
        return self

    @model_validator(mode="after")
    def _require_table_for_windows(self) -> "Configuration":
        source, settings = self.data.source, self.prepare
        if settings.windows is None:
            return self
        if source.columns is None or source.kind != "table":
            raise ValueError("`prepare.input: windows` needs rows of a table; expected `data.source.kind: table`")
        if (source.columns.split is None) != (settings.splits.method == "time"):
            raise ValueError(
                "windows overlap, so their splits must be separated in time; set exactly one of "
                "`data.source.columns.split` and `prepare.splits.method: time`"
            )
        return self

    @model_validator(mode="after")
    def _require_columns_of_table(self) -> "Configuration":
        source, settings = self.data.source, self.prepare
        if not settings.cells:
            return self
        if source.columns is None or source.kind != "table":
            raise ValueError(
                f"`prepare.input: {settings.input}` needs rows of a table; expected `data.source.kind: table`"
            )
        columns = source.columns
        roles = {"label": columns.label, "split": columns.split, "weight": columns.weight}
        for role, name in roles.items():
            if role == "label" and settings.target.may_be_input:
                continue
            # `price` in backticks is the column price too.
            if name is not None and strip_backticks(name) in map(strip_backticks, settings.cells):
                raise ValueError(
                    f"`prepare.{'inputs' if settings.inputs else 'tabular'}` names {name!r}, which is "
                    f"`data.source.columns.{role}`; a model must not "
                    f"receive {'what it predicts' if role == 'label' else f'the {role}'}"
                )
        return self


def _require_values(names: Mapping[str, str], ignored: int | None) -> None:
    """Require that the keys of `data.source.class_names` are values of masks, and not the ignored one.

    Raises:
        ValueError: a key is neither a number nor a colour, or is `prepare.mask.ignore`.
    """
    for value in names:
        if not re.fullmatch(r"0|[1-9]\d{0,8}|#[0-9a-f]{6}", value):
            raise ValueError(
                f"`data.source.class_names` names {value!r}; expected values of masks, such as 0, or colours, such as "
                "'#ff0000'"
            )
        if value == str(ignored):
            raise ValueError(
                f"`data.source.class_names` names the value {value}, which `prepare.mask.ignore` ignores; remove one"
            )
