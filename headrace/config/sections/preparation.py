"""Configuration sections for preparation: how raw records become shards."""

from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import Field, model_validator

from headrace.config.base_section import Fraction, Positive, Section, Seed
from headrace.config.sections.expectations import Expectations, Range
from headrace.config.sections.inputs.input_kind_list import InputSections
from headrace.config.sections.inputs.tabular import Tabular
from headrace.config.sections.inputs.windows import Windows
from headrace.errors import ConfigurationError
from headrace.features.input_kind_loader import RECORD, SINGLE_KINDS, input_traits
from headrace.targets.target_kind_loader import target_traits
from headrace.targets.target_kind_traits import TargetKindTraits, TaskType

Kind = TypeVar("Kind", bound=Section)

# Columns of every table, and partitions of its files.
RESERVED_NAMES = frozenset(("path", "label", "weight", "content_hash", "split"))


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


class Mask(Section):
    """Masks: images whose pixels are classes of the pixels of another image."""

    ignore: Annotated[int, Field(ge=0, le=65535)] | None = Field(
        None,
        description=(
            "value of pixels that do not count: they have no class, and weigh 0 in training, metrics and evaluation; "
            "often 255. null: every value is a class"
        ),
    )


class Prepare(InputSections):
    """Preparation: how raw records become shards."""

    task: TaskType = Field(
        "classification",
        description="; ".join(f"{task}: a label is {target_traits(task).label_meaning}" for task in get_args(TaskType)),
    )
    label_separator: Annotated[str, Field(min_length=1)] = Field(
        ",",
        description=(
            "multi_label: separator between class names. Not used for a JSON list of names; [] means no class"
        ),
    )
    mask: Mask = Field(Mask(), description="how a mask is read")
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
        return self.section(Windows)

    @property
    def tabular_spec(self) -> Tabular:
        """The section `tabular`, which `input: tabular` requires.

        Raises:
            ConfigurationError: the inputs are not rows of numbers and categories.
        """
        return self.section(Tabular)

    def section(self, kind: type[Kind]) -> Kind:
        """Return the section of the input, which is of the class `kind`.

        Raises:
            ConfigurationError: the inputs are of another kind.
        """
        found = getattr(self, self.input, None)
        if not isinstance(found, kind):
            raise ConfigurationError(f"prepare.input is {self.input}; expected {kind.__name__.lower()}.")
        return found

    @property
    def target(self) -> TargetKindTraits:
        """Properties of the kind of the target."""
        return target_traits(self.task)

    @model_validator(mode="after")
    def _require_classes_to_stratify(self) -> "Prepare":
        if not self.target.has_one_class and self.splits.method not in ("hash", "time"):
            raise ValueError(
                f"splits.method: {self.splits.method} needs exactly one class per record, which {self.task} does not "
                "have; use hash"
            )
        return self

    @model_validator(mode="after")
    def _require_pixels_for_masks(self) -> "Prepare":
        if self.target.is_per_pixel and not input_traits(self.input).has_pixels:
            raise ValueError(
                f"`task: {self.task}` gives a class to each pixel of an image; expected `input: image`, not "
                f"{self.input}"
            )
        if self.mask != Mask() and not self.target.is_per_pixel:
            raise ValueError(f"`mask` is for a class per pixel, which {self.task} does not have; remove it")
        return self

    @property
    def cells(self) -> tuple[str, ...]:
        """Columns of a source's row that form the input together; none if one column or file is the input."""
        return tuple(dict.fromkeys(name for one in self._sections_of_cells for name in one.columns))

    @property
    def binary_cells(self) -> frozenset[str]:
        """The `cells` that hold the content of files."""
        return frozenset(self._cells_with("bytes"))

    @property
    def path_cells(self) -> tuple[str, ...]:
        """The `cells` that hold paths of files."""
        return self._cells_with("paths")

    @property
    def list_cells(self) -> frozenset[str]:
        """The `cells` that hold lists of numbers."""
        return frozenset(self._cells_with("numbers"))

    @property
    def number_cells(self) -> tuple[str, ...]:
        """Those of `cells` that hold a number each."""
        return tuple(name for one in self._sections_of_cells for name in getattr(one, "numbers", ()))

    @property
    def _sections_of_cells(self) -> tuple[Any, ...]:
        if self.inputs:
            return tuple(self.inputs.values())
        section = getattr(self, self.input) if input_traits(self.input).has_cells else None
        return () if section is None else (section,)

    def _cells_with(self, content: str) -> tuple[str, ...]:
        # The short form of rows has no key for the content: it is text.
        sections = (one for one in self._sections_of_cells if getattr(one, "content", "text") == content)
        return tuple(name for one in sections for name in one.columns)

    def of_input(self, name: str) -> "Prepare":
        """Return the settings with which a table of the input `name` alone would be prepared."""
        section = self.inputs[name]
        return self.model_copy(update={"input": section.kind, section.kind: section, "inputs": {}})

    @model_validator(mode="before")
    @classmethod
    def _name_kind_of_several_inputs(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("inputs") and "input" not in given:
            return {**given, "input": RECORD}
        return given

    @model_validator(mode="after")
    def _require_named_inputs(self) -> "Prepare":
        if (self.input == RECORD) != bool(self.inputs):
            raise ValueError("`inputs` and `input: record` require each other; set both or neither")
        taken = sorted(RESERVED_NAMES & set(self.inputs))
        if taken:
            raise ValueError(f"`inputs` names an input {taken[0]!r}, which is a column of every table; rename it")
        for name in self.cells:
            contents = sorted({one.content for one in self.inputs.values() if name in one.columns})
            if len(contents) > 1:
                raise ValueError(
                    f"two inputs take the column {name!r} for different things: {', '.join(contents)}; it holds one of "
                    "them"
                )
        return self

    @model_validator(mode="after")
    def _require_channels_to_check(self) -> "Prepare":
        expected = self.expectations
        bounds = {"mean": expected.mean, "standard_deviation": expected.standard_deviation}
        checked = [name for name, bound in bounds.items() if bound != Range()]
        checked += ["mean_drift"] if expected.mean_drift is not None else []
        if checked and not input_traits(self.input).has_channel_statistics:
            raise ValueError(
                f"`expectations.{checked[0]}` is about the channels of images and the features of windows; remove it "
                f"for {self.input}"
            )
        return self

    @model_validator(mode="after")
    def _require_section_of_kind(self) -> "Prepare":
        for kind in SINGLE_KINDS:
            is_optional = type(self).model_fields[kind].default is None
            if is_optional and (self.input == kind) != (getattr(self, kind) is not None):
                raise ValueError(f"`{kind}` and `input: {kind}` require each other; set both or neither")
        traits = input_traits(self.input)
        if self.splits.method == "time" and not traits.has_time:
            raise ValueError("splits.method: time requires `input: windows`; other records have no timestamp")
        if self.near_duplicates is not None and not traits.has_near_duplicates:
            raise ValueError(f"`near_duplicates` supports images and texts only; remove it for {self.input}")
        return self
