"""What a configuration may say: one model per section, every key with its default and its meaning.

Unknown keys are refused. `headrace config --schema` prints these models as JSON Schema.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from headrace.config.section import Fraction, Place, Positive, Section, Seed, Side
from headrace.config.streaming import Stream
from headrace.config.training import Train


class Source(Section):
    """Where the raw records are."""

    kind: Literal["folder"] = Field("folder", description="folder: files in class folders")
    path: Place = Field(description="the folder that holds them")


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
    codec: Literal["raw", "png", "jpeg"] = Field("jpeg", description="raw: pixels as they are; best below 64x64")
    quality: Annotated[int, Field(ge=1, le=100)] = Field(90, description="of jpeg")
    max_pixels: Annotated[int, Field(gt=0, le=178_956_970)] = Field(
        100_000_000, description="larger images are rejected unread; Pillow itself opens none above 178,956,970"
    )
    max_bytes: Positive = Field(100_000_000, description="larger files are rejected unread")


class Splits(Section):
    """Fractions of records by hash of content, used where the source names no splits itself."""

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

    max_rejects: Fraction = Field(0.05, description="a larger fraction of rejected records refuses the data")
    duplicates: Literal["keep", "drop"] = Field("keep", description="drop: keep one of records with equal content")
    splits: Splits = Splits()
    image: Image = Image()
    shard_rows: Annotated[int, Field(gt=0, le=1_000_000)] = Field(
        2048, description="rows a shard holds at most; a shard is one row group"
    )
    shard_bytes: Positive = Field(32_000_000, description="bytes of input a shard holds at most, about")
    seed: Seed = Field(0, description="of the order in which records are dealt to shards")


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
    stream: Stream = Stream()
    train: Train
    spark: Spark = Spark()
