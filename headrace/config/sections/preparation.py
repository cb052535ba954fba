"""How raw records become shards."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from headrace.config.base import Fraction, Positive, Section, Seed
from headrace.config.sections.expectations import Expectations
from headrace.config.sections.inputs import Image, Text
from headrace.config.sections.windows import Windows


class NearDuplicates(Section):
    """Records that are almost the same."""

    bits: Annotated[int, Field(ge=0, le=12)] = Field(
        4, description="images: of 64 bits of a perceptual hash that may differ"
    )
    similarity: Annotated[float, Field(ge=0.5, le=1.0)] = Field(
        0.8, description="texts: Jaccard similarity of their runs of five words, estimated by MinHash"
    )


class Splits(Section):
    """Fractions of records, used where the source names no splits itself."""

    method: Literal["hash", "stratified", "balanced", "time"] = Field(
        "hash",
        description="hash: by content alone; stratified: the fractions hold for every class; balanced: val and test "
        "have the same number of rows of every class; time, for windows: of the time from the first row to the last, "
        "train first and test last",
    )
    train: Fraction = 0.8
    val: Fraction = 0.1
    test: Fraction = 0.1

    @model_validator(mode="after")
    def _sum_to_one(self) -> "Splits":
        total = self.train + self.val + self.test
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"train + val + test must be 1, they are {total:g}")
        return self


class Prepare(Section):
    """How raw records become shards."""

    input: Literal["image", "text", "windows"] = Field(
        "image", description="windows: runs of rows of a table, as `windows` has them"
    )
    task: Literal["classification", "multi_label", "regression"] = Field(
        "classification",
        description="classification: a label is the name of a class; multi_label: it names any number of classes; "
        "regression: it is a number",
    )
    label_separator: Annotated[str, Field(min_length=1)] = Field(
        ",", description="of multi_label: stands between names; a JSON list of names needs none, and [] is none of them"
    )
    weights: bool = Field(
        False,
        description="keep how much a record counts in training, a number above 0: column `weight` of a labels file, or "
        "`data.source.columns.weight`",
    )
    max_rejects: Fraction = Field(0.05, description="a larger fraction of rejected records refuses the data")
    duplicates: Literal["keep", "drop"] = Field(
        "keep",
        description="drop: keep one of records with equal content; keep: only those that would straddle splits go",
    )
    near_duplicates: NearDuplicates | None = Field(None, description="keep one of records that are almost equal")
    changes: Literal["time", "content"] = Field(
        "time", description="a file has changed when its size or time has; content: when its bytes have"
    )
    expectations: Expectations = Expectations()
    splits: Splits = Splits()
    image: Image = Image()
    text: Text = Text()
    windows: Windows | None = Field(None, description="for input: windows")
    shard_rows: Annotated[int, Field(gt=0, le=1_000_000)] = Field(
        2048, description="rows a shard holds at most; a shard is one row group"
    )
    shard_bytes: Positive = Field(32_000_000, description="bytes of input a shard holds at most, about")
    seed: Seed = Field(0, description="of the order in which records are dealt to shards")

    @model_validator(mode="after")
    def _classes_are_there_to_stratify(self) -> "Prepare":
        if self.task != "classification" and self.splits.method not in ("hash", "time"):
            raise ValueError(
                f"splits.method {self.splits.method} needs one class a record, {self.task} has not; use hash"
            )
        return self

    @model_validator(mode="after")
    def _windows_are_said(self) -> "Prepare":
        cuts = self.input == "windows"
        if cuts != (self.windows is not None):
            raise ValueError("`windows` belongs to `input: windows`, and that input needs it")
        if self.splits.method == "time" and not cuts:
            raise ValueError("splits.method time is for `input: windows`; images and texts have no time")
        if self.near_duplicates is not None and cuts:
            raise ValueError("`near_duplicates` are of images and texts; leave it out for windows")
        return self
