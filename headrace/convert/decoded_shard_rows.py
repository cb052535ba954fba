"""Read rows of a shard with names of labels and, on request, decoded inputs."""

import io
from typing import Any

import numpy as np
import PIL.Image
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from headrace.contract import Column, Contract
from headrace.errors import ConfigurationError, DataError
from headrace.features.column_values_from_stored_rows_interface import column_values_from_stored_rows
from headrace.features.text.contract_spec import TextSpec
from headrace.stream.read.verified_shard_opening import open_verified
from headrace.table import Shard, Version
from headrace.targets.true_target_output_column_interface import targets_module
from headrace.wording import join_names

# Columns that only later preparations need.
BOOKKEEPING = frozenset(("content_hash", "channel_sums", "perceptual_hash", "minhash"))


def arrow_rows(version: Version, shard: Shard, *, decode: bool, decode_pictures: bool = True) -> pa.Table:
    """Return the rows of a shard, with the columns of `Table.arrow`.

    Args:
        decode: as in `Table.arrow`.
        decode_pictures: whether `decode` is for images, too; otherwise their columns have the bytes that are stored.

    Raises:
        ConfigurationError: a decoded column has the name of another column.
        DataError: the shard is damaged.
    """
    contract = version.contract
    if decode:
        require_distinct_names(contract)
    names = [name for name, column in contract.columns.items() if not is_bookkeeping(name, column)]
    try:
        with open_verified(version.table, shard) as source, pq.ParquetFile(source) as file:
            stored = file.read(columns=names, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        detail = " ".join(str(error).split())
        raise DataError(f"The shard {shard.path} of {version.table} cannot be read: {detail}.") from error
    found, targets = dict[str, Any](), targets_module(contract.task)
    for name in names:
        column = contract.columns[name]
        if column.role == "target":
            found[name] = targets.true_target_column(stored[name].combine_chunks(), contract)
        elif column.role == "input" and decode and (decode_pictures or not is_picture(contract, name)):
            found |= _decoded(version, contract.inputs[name], name, column, stored[name].to_pylist())
        else:
            found[name] = stored[name].combine_chunks()
    return pa.table(found)


def require_distinct_names(contract: Contract) -> None:
    """Raise if a number or a category of an input has the name of another column of the table, such as `label`."""
    cells = {cell for spec in contract.input_specs.values() for cell in spec.cell_types}
    others = {name for name, column in contract.columns.items() if column.role != "input"}
    if both := [repr(name) for name in sorted(cells & others)]:
        raise ConfigurationError(
            f"An input and the table itself have a column named {join_names(both)}, so that decoded rows would hide "
            "one of them. Read the rows without decode=True, or rename the source's column."
        )


def is_bookkeeping(name: str, column: Column) -> bool:
    """Return whether only later preparations need the column; each of several inputs may have its own."""
    return name in BOOKKEEPING or (column.role == "identity" and column.dtype == "binary")


def is_picture(contract: Contract, name: str) -> bool:
    """Return whether the column `name` is an input whose values are images."""
    return name in contract.inputs and contract.inputs[name].feature.has_pixels


def _decoded(
    version: Version, contract: Contract, name: str, column: Column, stored: list[bytes]
) -> dict[str, pa.Array]:
    """Return the values of the input that `contract` describes as tensors or texts; rows become one column each."""
    if column.codec == "tokens":
        return {name: _texts(version, contract, column, stored)}
    arrays = [_array(one, column) for one in stored]
    if contract.feature.has_cells:
        return column_values_from_stored_rows(contract, version.table, np.stack(arrays))
    return {name: pa.FixedShapeTensorArray.from_numpy_ndarray(np.stack(arrays))}


def _texts(version: Version, contract: Contract, column: Column, stored: list[bytes]) -> pa.Array:
    from headrace.prepare.text.tokenizer import load_tokenizer

    tokenizer, dtype = load_tokenizer(version.table, TextSpec.of(contract).tokenizer), np.dtype(column.dtype)
    ids = [np.frombuffer(one, dtype.newbyteorder("<")).tolist() for one in stored]
    return pa.array(tokenizer.decode_batch(ids, skip_special_tokens=False), pa.string())


def _array(stored: bytes, column: Column) -> NDArray[Any]:
    if column.codec == "raw":
        return np.frombuffer(stored, np.dtype(column.dtype).newbyteorder("<")).reshape(column.fixed_shape)
    with PIL.Image.open(io.BytesIO(stored)) as image:
        return np.asarray(image, np.uint8).reshape(column.fixed_shape)
