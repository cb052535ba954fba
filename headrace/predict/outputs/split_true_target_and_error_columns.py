"""Add the split, the true target and the error of each row to the predictions of a table."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.stream.read.binary_columns_and_row_selection import Columns
from headrace.targets.true_target_output_column_interface import targets_module, true_target_column

SPLIT, ERROR = "split", "error"


def table_columns(rows: Columns, split: str, contract: Contract) -> pa.Table:
    """Return the columns `split` and `true_label`, or `true_labels`, `true_value` or `true_values` by kind of target.

    Args:
        rows: with the target's column.
        contract: of the table, whose order of classes may be another than the bundle's.
    """
    targets = true_target_column(rows[contract.named("target")[0]], contract)
    splits = pa.array([split] * len(targets), pa.string())
    return pa.table({SPLIT: splits, targets_module(contract.task).NAME: targets})


def with_errors(known: pa.Table, outputs: NDArray[np.float32], contract: Contract) -> pa.Table:
    """Return the columns of `table_columns` with `error`, if the kind of the target has one.

    Args:
        outputs: (rows, outputs) of a model of the same task.
    """
    module = targets_module(contract.task)
    errors = module.row_errors(known[module.NAME].combine_chunks(), outputs)
    return known if errors is None else known.append_column(ERROR, errors)
