"""Determine the codecs of Petastorm data sets from their pickled schema.

The rows are read as those of any Parquet table. The schema names the codecs, as far as it can be read without
unpickling it; `data.source.codecs` names the rest and takes precedence.
"""

import logging
from pathlib import Path
from typing import get_args

import pyarrow as pa

from headrace.config.sections.source import Codec, Source
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.sources.tables.petastorm_datasets.unischema_parser import (
    Field,
    UnreadableSchemaError,
    parse_unischema,
)
from headrace.storage import locate
from headrace.storage.open_parquet import open_parquet
from headrace.wording import close_name_question

FILE = "_common_metadata"
KEY = b"dataset-toolkit.unischema.v1"
CODECS: dict[str | None, Codec] = {
    "CompressedImageCodec": "image",
    "NdarrayCodec": "ndarray",
    "CompressedNdarrayCodec": "compressed_ndarray",
    "ScalarCodec": "scalar",
    None: "scalar",
}
ARRAYS: tuple[str, ...] = ("ndarray", "compressed_ndarray")
# What these write is what the kind table expects: files of images, text and numbers.
PLAIN = ("CompressedImageCodec", "ScalarCodec", None)
CHOICES = ", ".join(get_args(Codec))

log = logging.getLogger(__name__)


def input_codec(source: Source, root: str, content: str) -> Codec:
    """Return the codec of the input column of a source of kind petastorm.

    With `content` image, a scalar of bytes is an image file, like a cell of the codec image.

    Args:
        root: the folder of the data set.
        content: `image` or `text`, as in `prepare.input`.

    Raises:
        ConfigurationError: the codec is not known or does not fit `content`, or another column is not a scalar.
        DataError: the file of the schema is damaged.
    """
    name, *others = source.columns.names if source.columns else ()
    fields = _fields(source, root, name)
    codec = _codec(source, fields, root, name)
    if content == "text" and codec != "scalar":
        raise ConfigurationError(
            f"The column {name!r} of {source.path} holds cells of the codec {codec}; with prepare.input text, expected "
            "a column of text as data.source.columns.input, or prepare.input: image."
        )
    for other in others:
        if (other in source.codecs or other in fields) and _codec(source, fields, root, other) != "scalar":
            raise ConfigurationError(
                f"The column {other!r} of {source.path} holds images or arrays; expected numbers or text, as only "
                "data.source.columns.input may hold anything else."
            )
    if codec in ARRAYS and name in fields and name not in source.codecs:
        _require_pixels(fields[name], source)
    return "image" if content == "image" and codec == "scalar" else codec


def refuse_arrays(source: Source, root: str) -> None:
    """Raise if columns of a source of kind table are Petastorm's arrays, whose bytes it cannot decode.

    Raises:
        ConfigurationError: a column is.
        DataError: the file of the schema is damaged.
    """
    pickled = _pickled_schema(root) if source.format == "parquet" and source.columns else None
    if pickled is None or source.columns is None:
        return
    try:
        fields = parse_unischema(pickled)
    except UnreadableSchemaError:
        fields = {}
    found = next((one for one in source.columns.names if one in fields and fields[one].codec not in PLAIN), None)
    if found is not None:
        raise ConfigurationError(
            f"{source.path} is a data set that Petastorm materialised, and its column {found!r} was written by "
            f"{fields[found].codec}; set data.source.kind to petastorm."
        )
    log.info("%s is a data set that Petastorm materialised, read here as plain Parquet.", source.path)


def _fields(source: Source, root: str, name: str) -> dict[str, Field]:
    """Return the fields of the schema; empty if it cannot be read and settings describe the input column."""
    remedy = f"set in data.source.codecs what the column {name!r} holds: {CHOICES}"
    pickled = _pickled_schema(root)
    if pickled is None:
        if name in source.codecs:
            return {}
        raise ConfigurationError(
            f"{source.path} has no schema of Petastorm's in {FILE}; {remedy}; or, if Petastorm did not write it, set "
            "data.source.kind to table."
        )
    try:
        return parse_unischema(pickled)
    except UnreadableSchemaError as error:
        trouble = f"the pickled schema of {source.path} holds {error}, and Headrace does not unpickle it"
        if name not in source.codecs:
            raise ConfigurationError(f"{trouble[0].upper()}{trouble[1:]}; {remedy}.") from None
        log.warning("Not read: %s; data.source.codecs and the types of the columns are used instead.", trouble)
        return {}


def _codec(source: Source, fields: dict[str, Field], root: str, name: str) -> Codec:
    configured = source.codecs.get(name)
    if name not in fields:
        if configured is None:
            raise ConfigurationError(
                f"{source.path} has no field {name!r}; the fields of its schema are: {', '.join(fields)}."
                f"{close_name_question(name, list(fields))}"
            )
        return configured
    written = fields[name].codec
    found = CODECS.get(written)
    if configured is None and found is None:
        raise ConfigurationError(
            f"The column {name!r} of {source.path} was written by the codec {written}, which Headrace does not know; "
            f"set in data.source.codecs what it holds: {CHOICES}."
        )
    if configured is not None and configured != found:
        log.warning(
            "Column %r of %s is read as %s, as set in data.source.codecs; its schema names %s.",
            *(name, source.path, configured, written or "no codec"),
        )
    return configured or found or "scalar"


def _require_pixels(field: Field, source: Source) -> None:
    channels = field.shape[2] if len(field.shape) == 3 else None
    if field.dtype not in ("uint8", "u1", "|u1") or len(field.shape) not in (2, 3) or channels not in (None, 1, 3):
        raise ConfigurationError(
            f"The column {field.name!r} of {source.path} holds arrays of {field.dtype} {field.shape}; expected images, "
            "uint8, height x width, alone or with 1 or 3 channels."
        )


def _pickled_schema(root: str) -> bytes | None:
    path: Path = locate(root) / FILE
    if not path.is_file():
        return None
    try:
        with open_parquet(path) as file:
            found: bytes | None = (file.metadata.metadata or {}).get(KEY)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read as parquet: {' '.join(str(error).split())}") from None
    return found
