"""What a configuration may say: one model per section, every key with its default and its meaning.

Unknown keys are refused. `headrace config --schema` prints these models as JSON Schema.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from headrace.config.section import Fraction, Place, Positive, Section, Seed, Side
from headrace.config.training import Train


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Columns(Section):
    """What the columns of a table are for."""

    input: Place = Field(description="the column of the records themselves")
    holds: Literal["bytes", "paths", "text"] = Field(
        "text", description="bytes: a file's content; paths: of files, relative to data.source.path; text"
    )
    label: Place = "label"
    split: Place | None = Field(None, description="the column of train, val and test")
    identity: Place | None = Field(None, description="the column that names a record; a hash of it if not given")


class Source(Section):
    """Where the raw records are."""

    kind: Literal["folder", "table", "archive", "idx", "cifar"] = Field(
        "folder",
        description="folder: files in class folders, or with a labels file; table: what Spark reads; archive: tar and "
        "zip files; idx: files of the MNIST family; cifar: binary files of CIFAR-10 and CIFAR-100",
    )
    path: Place = Field(description="the folder that holds them; of an archive or table also the file itself")
    labels: Place | None = Field(
        None, description="of a folder: CSV or JSONL file in it with columns path, label and, if wanted, split"
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
        return {str(key): _word(one) for key, one in value.items()}

    @model_validator(mode="after")
    def _kind_has_what_it_needs(self) -> "Source":
        if (self.kind == "table") != (self.columns is not None):
            raise ValueError("`columns` belongs to the kind table, and that kind needs it")
        if self.labels is not None and self.kind != "folder":
            raise ValueError("`labels` belongs to the kind folder")
        return self


class Data(Section):
    """The raw records and the table made of them."""

    source: Source
    table: Place = Field(description="folder of the Delta table of prepared shards")


class Image(Section):
    """How every image is brought to one form."""

    mode: Literal["L", "RGB"] = Field("RGB", description="L: one grey channel; RGB: three")
    size: tuple[Side, Side] = Field((224, 224), description="height and width in pixels")
    resize: Literal["fit", "crop", "pad", "stretch"] = Field(
        "crop",
        description="crop: scaled to fill, middle cut out; fit: scaled to fit, rest black; "
        "pad: as fit, but small images are not enlarged; stretch: aspect ignored",
    )
    codec: Literal["auto", "raw", "png", "jpeg"] = Field(
        "jpeg", description="raw: pixels as they are; best below 64x64; auto: raw up to 64x64, jpeg above"
    )
    quality: Annotated[int, Field(ge=1, le=100)] = Field(90, description="of jpeg")
    max_pixels: Annotated[int, Field(gt=0, le=178_956_970)] = Field(
        100_000_000, description="larger images are rejected unread; Pillow itself opens none above 178,956,970"
    )
    max_bytes: Positive = Field(100_000_000, description="larger files are rejected unread")
    max_aspect: Annotated[float, Field(ge=1)] | None = Field(
        None, description="longer side by shorter side; images above are rejected unread"
    )

    @property
    def stored_as(self) -> Literal["raw", "png", "jpeg"]:
        """The codec, chosen by size where it is `auto`."""
        if self.codec == "auto":
            return "raw" if self.size[0] * self.size[1] <= 64 * 64 else "jpeg"
        return self.codec


class Tokens(Section):
    """How text becomes numbers; what is learned for it is learned on the training split alone."""

    kind: Literal["word", "bpe"] = Field("word", description="word: the most frequent words; bpe: byte-pair encoding")
    vocabulary: Annotated[int, Field(ge=8)] = Field(20_000, description="tokens at most, padding and unknown included")
    min_count: Positive = Field(2, description="rarer words, or pairs, get no token of their own")
    max_length: Positive = Field(512, description="tokens of a text that are kept, from its beginning")
    bpe_texts: Positive = Field(1_000_000, description="training texts from which bpe is learned, at most")


class Text(Section):
    """How every text is cleaned, in this order, and turned into tokens. Unicode NFC always."""

    encoding: Place | None = Field(None, description="of text files; UTF-8, or UTF-16 with a mark, if not given")
    repair: bool = Field(True, description="mend text that was decoded wrongly before (mojibake), with ftfy")
    html: Literal["keep", "remove"] = Field("remove", description="tags, comments, scripts and styles")
    fold_case: bool = False
    mask: tuple[Literal["url", "email", "phone", "ip"], ...] = Field(
        (), description="replaced by [URL], [EMAIL], [PHONE], [IP]"
    )
    stop_words: Literal["keep", "english"] | tuple[str, ...] = Field(
        "keep", description="words that are left out: the common English ones, or a list"
    )
    min_length: Positive = Field(1, description="characters after cleaning; shorter texts are rejected")
    max_length: Positive = Field(1_000_000, description="characters after cleaning; longer texts are rejected")
    max_bytes: Positive = Field(10_000_000, description="larger files are rejected unread")
    script: Place | None = Field(None, description="such as LATIN, CYRILLIC, CJK, by Unicode's names of letters")
    min_script: Fraction = Field(0.5, description="a smaller part of the letters in `script` is rejected")
    min_letters: Fraction = Field(0.0, description="a smaller part of letters in all but white space is rejected")
    tokens: Tokens = Tokens()


class NearDuplicates(Section):
    """Records that are almost the same."""

    bits: Annotated[int, Field(ge=0, le=12)] = Field(
        4, description="images: of 64 bits of a perceptual hash that may differ"
    )
    similarity: Annotated[float, Field(ge=0.5, le=1.0)] = Field(
        0.8, description="texts: Jaccard similarity of their runs of five words, estimated by MinHash"
    )


class Range(Section):
    """From `least` to `most`, both included; None sets no bound."""

    least: float | None = None
    most: float | None = None


class Expectations(Section):
    """What must be true of a version before it is committed."""

    breach: Literal["refuse", "warn"] = Field("refuse", description="what follows when one of these is not true")
    rows: dict[Literal["train", "val", "test"], Positive] = Field(
        default_factory=dict, description="least number of rows by split"
    )
    classes: tuple[str, ...] | None = Field(None, description="the only classes allowed")
    class_share: Range = Field(Range(), description="of every class in the training split, from 0 to 1")
    mean: Range = Field(Range(), description="of every channel, in units of stored values (0 to 255)")
    standard_deviation: Range = Field(Range(), description="of every channel")
    rejected: Fraction | None = Field(None, description="largest fraction of rejected records")
    duplicates: Fraction | None = Field(None, description="largest fraction of dropped duplicates")
    drift_of_mean: Annotated[float, Field(ge=0)] | None = Field(
        None, description="largest change of a channel's mean since the version before, in its standard deviations"
    )
    drift_of_classes: Fraction | None = Field(
        None, description="largest change of the classes' shares since the version before: half the sum of changes"
    )


class Splits(Section):
    """Fractions of records, used where the source names no splits itself."""

    method: Literal["hash", "stratified", "balanced"] = Field(
        "hash",
        description="hash: by content alone; stratified: the fractions hold for every class; balanced: val and test "
        "have the same number of rows of every class",
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

    input: Literal["image", "text"] = "image"
    task: Literal["classification", "regression"] = Field(
        "classification", description="classification: labels are names of classes; regression: they are numbers"
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
    shard_rows: Annotated[int, Field(gt=0, le=1_000_000)] = Field(
        2048, description="rows a shard holds at most; a shard is one row group"
    )
    shard_bytes: Positive = Field(32_000_000, description="bytes of input a shard holds at most, about")
    seed: Seed = Field(0, description="of the order in which records are dealt to shards")

    @model_validator(mode="after")
    def _classes_are_there_to_stratify(self) -> "Prepare":
        if self.task == "regression" and self.splits.method != "hash":
            raise ValueError(f"splits.method {self.splits.method} needs classes, and regression has none; use hash")
        return self


class Model(Section):
    """The network: a Python file with build(contract, **options)."""

    file: Place
    options: dict[str, Any] = Field(default_factory=dict)


class Spark(Section):
    """The Spark session, where no spark-submit made one."""

    local: bool = Field(True, description="start Spark on this machine, if nothing else names a master")
    slots: Positive | None = Field(None, description="of local Spark; as many as ranks or cores if not given")
    settings: dict[str, str] = Field(default_factory=dict, description="spark.* settings for the session")


class Configuration(Section):
    """All of it."""

    data: Data
    prepare: Prepare = Prepare()
    model: Model
    train: Train
    spark: Spark = Spark()
