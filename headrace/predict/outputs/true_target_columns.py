"""Add the split and the true target of each row to the predictions of a table."""

import pyarrow as pa

from headrace.contract import Contract
from headrace.stream.decode.named_targets_interface import named_targets, targets_module
from headrace.stream.read.zero_copy_columns import Columns

SPLIT = "split"


def table_columns(rows: Columns, split: str, contract: Contract) -> pa.Table:
    """Return the columns `split` and, by the kind of the target, `true_label`, `true_labels` or `true_value`.

    Args:
        rows: with the target's column.
        contract: of the table, whose order of classes may be another than the bundle's.
    """
    targets = named_targets(rows[contract.named("target")[0]], contract)
    splits = pa.array([split] * len(targets), pa.string())
    return pa.table({SPLIT: splits, targets_module(contract.task).NAME: targets})
