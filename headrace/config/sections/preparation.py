"""The sections that say how raw records become shards."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from headrace.config.section import Fraction, Positive, Section, Seed
from headrace.config.sections.audio import Audio
from headrace.config.sections.expectations import Expectations
from headrace.config.sections.image_and_text import Image, Text
from headrace.config.sections.tabular import Tabular
from headrace.config.sections.windows import Windows
from headrace.errors import ConfigurationError
from headrace.features.kind_modules import input_kind_properties
from headrace.targets.kind_modules import target_kind_properties
from headrace.targets.target_kind_properties import TargetKindProperties


class NearDuplicates(Section):
    """Similarity above which two records are near duplicates."""

    bits: Annotated[int, Field(ge=0, le=12)] = Field(
        4, description="images: maximum number of differing bits between two 64-bit perceptual hashes"
    )
    similarity: Annotated[float, Field(ge=0.5, le=1.0)] = Field(
        0.8, description="texts: minimum Jaccard similarity of five-word shingles, estimated by MinHash"
    )


class Splits(Section):
    """Fractions of records by split, where the source assigns none; those of a table's first version stay."""

    method: Literal["hash", "stratified", "balanced", "time"] = Field(
        "hash",
        description=(
            "hash: assign by a hash of the content; stratified: apply the fractions within each class; "
            "balanced: val and test get equally many rows of every class; time (windows only): divide the "
            "time range of the table by the fractions, train first and test last; later versions keep these cuts and "
            "divide the time after them in the same way"
        ),
    )
    train: Fraction = Field(0.8, description="fraction of records in the training split")
    val: Fraction = Field(0.1, description="fraction of records in the validation split")
    test: Fraction = Field(0.1, description="fraction of records in the test split")

    @model_validator(mode="after")
    def _sum_to_one(self) -> "Splits":
        total = self.train + self.val + self.test
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"train + val + test must sum to 1, they sum to {total:g}")
        return self


class Prepare(Section):
    """Preparation: how raw records become shards."""

    input: Literal["image", "text", "audio", "tabular", "windows"] = Field(
        "image",
        description=(
            "kind of record: image, text, audio, tabular (a row of numbers and categories, see `tabular`), or windows "
            "(consecutive rows of a table, see `windows`)"
        ),
    )
    task: Literal["classification", "multi_label", "regression"] = Field(
        "classification",
        description=(
            "classification: a label is one class name; multi_label: a label is any number of class names; "
            "regression: a label is a number"
        ),
    )
    label_separator: Annotated[str, Field(min_length=1)] = Field(
        ",",
        description=(
            "multi_label: separator between class names. Not used for a JSON list of names; [] means no class"
        ),
    )
    weights: bool = Field(
        False,
        description=(
            "store a sample weight above 0 for each record, from the column `weight` of the labels file or "
            "from `data.source.columns.weight`"
        ),
    )
    max_rejects: Fraction = Field(
        0.05, description="maximum fraction of rejected records; above it, preparation fails and nothing is committed"
    )
    duplicates: Literal["keep", "drop"] = Field(
        "keep",
        description=(
            "drop: keep one of several records with equal content; keep: drop a duplicate only if it would "
            "be in another split"
        ),
    )
    near_duplicates: NearDuplicates | None = Field(
        None, description="keep one of several records that are almost equal; null: keep all of them"
    )
    changes: Literal["time", "content"] = Field(
        "time", description="how a changed file is detected. time: by size and modification time; content: by its bytes"
    )
    expectations: Expectations = Expectations()
    splits: Splits = Splits()
    image: Image = Image()
    text: Text = Text()
    audio: Audio = Audio()
    tabular: Tabular | None = Field(None, description="which columns form a record; required by `input: tabular`")
    windows: Windows | None = Field(None, description="which rows form a window; required by `input: windows`")
    shard_rows: Annotated[int, Field(gt=0, le=1_000_000)] = Field(
        2048, description="maximum rows per shard; a shard is one Parquet row group"
    )
    shard_bytes: Positive = Field(32_000_000, description="approximate maximum of input bytes per shard")
    seed: Seed = Field(0, description="seed of the assignment of records to shards")

    @property
    def window_spec(self) -> Windows:
        """The section `windows`, which `input: windows` requires.

        Raises:
            ConfigurationError: the inputs are not windows.
        """
        if self.windows is None:
            raise ConfigurationError(f"prepare.windows is missing; prepare.input is {self.input}.")
        return self.windows

    @property
    def tabular_spec(self) -> Tabular:
        """The section `tabular`, which `input: tabular` requires.

        Raises:
            ConfigurationError: the inputs are not rows of numbers and categories.
        """
        if self.tabular is None:
            raise ConfigurationError(f"prepare.tabular is missing; prepare.input is {self.input}.")
        return self.tabular

    @property
    def target(self) -> TargetKindProperties:
        """Properties of the kind of the target."""
        return target_kind_properties(self.task)

    @model_validator(mode="after")
    def _require_classes_to_stratify(self) -> "Prepare":
        if not self.target.has_one_class and self.splits.method not in ("hash", "time"):
            raise ValueError(
                f"splits.method: {self.splits.method} needs exactly one class per record, which {self.task} does not "
                "have; use hash"
            )
        return self

    @model_validator(mode="after")
    def _require_tabular_section(self) -> "Prepare":
        if (self.input == "tabular") != (self.tabular is not None):
            raise ValueError("`tabular` and `input: tabular` require each other; set both or neither")
        return self

    @model_validator(mode="after")
    def _require_windows_section(self) -> "Prepare":
        is_windows = self.input == "windows"
        if is_windows != (self.windows is not None):
            raise ValueError("`windows` and `input: windows` require each other; set both or neither")
        if self.splits.method == "time" and not is_windows:
            raise ValueError("splits.method: time requires `input: windows`; other records have no timestamp")
        if self.near_duplicates is not None and not input_kind_properties(self.input).has_near_duplicates:
            raise ValueError(f"`near_duplicates` supports images and texts only; remove it for {self.input}")
        return self
