"""The input kinds that a configuration can name, each with its section: the list that a new kind is added to."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from headrace.config.base_section import Section
from headrace.config.sections.inputs.audio import Audio
from headrace.config.sections.inputs.geo import Geo
from headrace.config.sections.inputs.image_and_text import Image, Text
from headrace.config.sections.inputs.sections_of_named_inputs import (
    AudioInput,
    ImageInput,
    InputName,
    TabularInput,
    TextInput,
)
from headrace.config.sections.inputs.tabular import Tabular
from headrace.config.sections.inputs.vector import Vector
from headrace.config.sections.inputs.windows import Windows


def _kind(given: Any) -> str | None:
    kind = given.get("kind") if isinstance(given, dict) else getattr(given, "kind", None)
    return kind if isinstance(kind, str) else None


# A discriminator by the name of the field is not possible, as sections have validators that run before it is read.
NamedInput = Annotated[
    Annotated[ImageInput, Tag("image")]
    | Annotated[AudioInput, Tag("audio")]
    | Annotated[TextInput, Tag("text")]
    | Annotated[TabularInput, Tag("tabular")]
    | Annotated[Vector, Tag("vector")]
    | Annotated[Geo, Tag("geo")],
    Discriminator(
        _kind,
        custom_error_type="input_kind",
        custom_error_message="expected `kind` to be image, audio, text, tabular, vector or geo",
    ),
]
INPUT_SECTIONS: dict[str, type[Section]] = {
    "image": ImageInput,
    "audio": AudioInput,
    "text": TextInput,
    "tabular": TabularInput,
    "vector": Vector,
    "geo": Geo,
}


class InputSections(Section):
    """The input of a model: its kind and the section of the kind, or several inputs by name."""

    input: Literal["image", "text", "audio", "tabular", "vector", "geo", "windows", "record"] = Field(
        "image",
        description=(
            "kind of record: image, text, audio, tabular (a row of numbers and categories, see `tabular`), vector (a "
            "list of numbers, see `vector`), geo (a location, see `geo`), windows (consecutive rows of a table, see "
            "`windows`), or record (several of them together, see `inputs`)"
        ),
    )
    inputs: dict[InputName, NamedInput] = Field(
        default_factory=dict,
        description=(
            "several inputs of one record, by the names that a network receives them under; each has a `kind` (image, "
            "text, audio, tabular, vector, geo), the keys of the section of that name, and the columns that hold it: "
            "`column` and `content`, `numbers` and `categories`, or `latitude` and `longitude`. Sets `input: record`"
        ),
    )
    image: Image = Image()
    text: Text = Text()
    audio: Audio = Audio()
    tabular: Tabular | None = Field(None, description="which columns form a record; required by `input: tabular`")
    vector: Vector | None = Field(None, description="which column holds vectors; required by `input: vector`")
    geo: Geo | None = Field(None, description="which columns hold a location; required by `input: geo`")
    windows: Windows | None = Field(None, description="which rows form a window; required by `input: windows`")
