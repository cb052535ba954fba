"""Column values of stored rows: numbers, and categories by their names, null for missing ones."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.tabular.vocabulary_encoding import MISSING, load_vocabulary


def column_values_from_stored_rows(contract: Contract, folder: Path, rows: NDArray[np.float32]) -> dict[str, pa.Array]:
    """See `ColumnValuesInterface`."""
    spec = TabularSpec.of(contract)
    vocabulary = load_vocabulary(folder, spec)
    named = [vocabulary.category_names(row, spec) for row in rows]
    numbers = {name: pa.array(rows[:, at], pa.float32()) for at, name in enumerate(spec.numbers)}
    missing = rows[:, len(spec.numbers) :] == MISSING
    return numbers | {
        name: pa.array([row[name] for row in named], pa.string(), mask=missing[:, at])
        for at, name in enumerate(spec.categories)
    }
