"""Verify that the columns of a table's files have types that fit their roles in the configuration."""

import pyarrow as pa

from headrace.config.sections.source import Columns, Source
from headrace.errors import ConfigurationError
from headrace.prepare.readers import ColumnarReader
from headrace.prepare.readers.tfrecord_reader import TfrecordReader
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.prepare.sources.tables.columns_of_one_record import RowColumns
from headrace.prepare.sources.tables.petastorm_datasets.petastorm_codec_resolution import ARRAYS
from headrace.prepare.sources.tables.table_readers_and_required_columns import columns_in_file, open_first

BINARY = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)


def require_column_types(source: Source, root: str, files: list[RawFile], columns: Columns, cell_format: str) -> bool:
    """Return whether the input column holds bytes, from the first file.

    Raises:
        ConfigurationError: a column is missing, or one has a type that `cell_format` does not expect.
    """
    names = columns_in_file(files[0].path, columns.names)
    reader = open_first(source, root, files, names)
    if isinstance(reader, TfrecordReader):
        return _require_feature_types(source, reader, columns, cell_format)
    if not isinstance(reader, ColumnarReader):
        if cell_format == "bytes" or (isinstance(columns, RowColumns) and columns.binary):
            raise ConfigurationError(
                f"`content` is bytes, and {source.format} files hold text; expected paths or text."
            )
        return False
    types = {name: reader.column_type(name) for name in names}
    input_type = pa.string() if isinstance(columns, RowColumns) else types.get(columns.input, pa.string())
    is_binary = any(check(input_type) for check in BINARY) or _is_image(input_type)
    wants_bytes = cell_format in ("bytes", "image", *ARRAYS)
    if wants_bytes and not is_binary:
        raise ConfigurationError(
            f"The column {columns.input!r} of {source.path} holds {input_type}; expected binary, of images, audio or "
            "arrays; name another as data.source.columns.input, or set prepare.input: text."
        )
    if not wants_bytes and pa.types.is_nested(input_type):
        inner = [f"{columns.input}.{field.name}" for field in input_type] if pa.types.is_struct(input_type) else []
        remedy = f"name one of its fields: {', '.join(inner)}" if inner else "name a column of text"
        raise ConfigurationError(
            f"The column {columns.input!r} of {source.path} holds {input_type}; expected text; {remedy}."
        )
    if isinstance(columns, RowColumns):
        _require_binary(source, columns.binary, types)
    _require_plain(source, columns, types)
    return wants_bytes or (is_binary and cell_format == "scalar")


def _require_feature_types(source: Source, reader: TfrecordReader, columns: Columns, cell_format: str) -> bool:
    """Return whether the input feature of a TFRecord file holds the bytes of files; see `require_column_types`."""
    is_row = isinstance(columns, RowColumns)
    wants_bytes = cell_format == "bytes" and not is_row
    binary = columns.binary if isinstance(columns, RowColumns) else {columns.input} if wants_bytes else ()
    for name in sorted(binary):
        if name not in reader.binary and reader.columns:
            raise ConfigurationError(
                f"The feature {name!r} of {source.path} holds {'numbers' if name in reader.numeric else 'text'}; "
                "expected bytes, the content of image or audio files; name another feature."
            )
    return wants_bytes


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _is_image(kind: pa.DataType) -> bool:
    """Return whether a struct is an image as Hugging Face's datasets and Spark's image source keep it."""
    return bool(pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0)


def _require_binary(source: Source, names: frozenset[str], types: dict[str, pa.DataType]) -> None:
    for name in sorted(names):
        if not (any(check(types[name]) for check in BINARY) or _is_image(types[name])):
            raise ConfigurationError(
                f"The column {name!r} of {source.path} holds {types[name]}, and prepare.inputs says content: bytes; "
                "expected the content of image or audio files."
            )


def _require_plain(source: Source, columns: Columns, types: dict[str, pa.DataType]) -> None:
    files = columns.binary if isinstance(columns, RowColumns) else frozenset((columns.input,))
    lists = {*columns.lists, columns.label} if isinstance(columns, RowColumns) else {columns.label}
    for name, kind in types.items():
        if name in files:
            continue
        if any(check(kind) for check in BINARY):
            raise ConfigurationError(
                f"The column {name!r} of {source.path} holds bytes; expected numbers or text, as only "
                "data.source.columns.input, or an input with content: bytes, may hold anything else."
            )
        if pa.types.is_nested(kind) and not (name in lists and _is_list(kind)):
            raise ConfigurationError(f"The column {name!r} of {source.path} holds {kind}; expected numbers or text.")
