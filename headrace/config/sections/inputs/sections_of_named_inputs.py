"""Configuration of records of several named inputs: kind and source columns of each."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from headrace.config.base_section import NonEmptyStr
from headrace.config.sections.inputs.audio import Audio
from headrace.config.sections.inputs.image_and_text import Image, Text
from headrace.config.sections.inputs.tabular import Tabular

# Names of columns of the table, of a network's inputs and of an exported model's.
InputName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$")]
Missing = Annotated[
    Literal["reject", "empty"],
    Field(
        description=(
            "records whose cell is empty. reject: they are rejected; empty: the input becomes a black image, silence "
            "or a text without tokens. A path without a file is rejected in any case"
        ),
    ),
]


class ImageInput(Image):
    """Images in a column, with the keys of `prepare.image`."""

    kind: Literal["image"] = Field(description="image")
    column: NonEmptyStr = Field(description="column of the images")
    content: Literal["paths", "bytes"] = Field(
        "paths",
        description="what the column holds. paths: paths relative to the folder of the source; bytes: image files",
    )
    missing: Missing = "reject"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the source that form the input."""
        return (self.column,)


class AudioInput(Audio):
    """Audio in a column, with the keys of `prepare.audio`."""

    kind: Literal["audio"] = Field(description="audio")
    column: NonEmptyStr = Field(description="column of the audio")
    content: Literal["paths", "bytes"] = Field(
        "paths",
        description="what the column holds. paths: paths relative to the folder of the source; bytes: audio files",
    )
    missing: Missing = "reject"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the source that form the input."""
        return (self.column,)


class TextInput(Text):
    """Texts in a column, with the keys of `prepare.text`."""

    kind: Literal["text"] = Field(description="text")
    column: NonEmptyStr = Field(description="column of the texts")
    missing: Missing = "reject"
    content: Literal["text"] = Field("text", description="what the column holds: the text itself")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the source that form the input."""
        return (self.column,)


class TabularInput(Tabular):
    """Numbers and categories, with the keys of `prepare.tabular`; `missing` is about numbers."""

    kind: Literal["tabular"] = Field(description="tabular: numbers and categories of several columns")
    content: Literal["text"] = Field("text", description="what the columns hold: numbers, and names of categories")
