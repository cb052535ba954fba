"""Add the split and the true target of each row to the predictions of a table."""

import numpy as np
import pyarrow as pa

from headrace.contract import Contract
from headrace.stream.decode.target_column import decode_targets
from headrace.stream.read.zero_copy_columns import Columns

SPLIT = "split"


def table_columns(rows: Columns, split: str, contract: Contract) -> pa.Table:
    """Return the columns `split` and, by the kind of the target, `true_label`, `true_labels` or `true_value`.

    Args:
        rows: with the target's column.
        contract: of the table, whose order of classes may be another than the bundle's.
    """
    name, column = contract.named("target")
    targets = decode_targets(rows, name, column, len(contract.classes))
    splits = pa.array([split] * len(targets), pa.string())
    if not contract.target.has_classes:
        return pa.table({SPLIT: splits, "true_value": pa.array(targets, pa.float32())})
    classes = np.array(contract.classes, object)
    if contract.target.has_one_class:
        return pa.table({SPLIT: splits, "true_label": pa.array(classes[targets], pa.string())})
    names = [classes[row > 0].tolist() for row in targets]
    return pa.table({SPLIT: splits, "true_labels": pa.array(names, pa.list_(pa.string()))})
