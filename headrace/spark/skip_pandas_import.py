"""Patch PySpark so that calls to Java do not import `pyspark.testing`, and pandas with it.

For every argument of a Java call PySpark 4.3 imports `pyspark.testing`, only to learn whether NumPy is installed. That
imports pandas: 0.3 s of CPU time in the driver of a command that needs it for nothing.
"""

from typing import Any

import numpy as np
from pyspark.sql.types import NumpyArrayConverter, NumpyScalarConverter


def patch_numpy_import() -> None:
    """Replace the two checks of PySpark by the same ones without the import; NumPy is always installed here."""
    NumpyArrayConverter.can_convert = _is_vector
    NumpyScalarConverter.can_convert = _is_scalar


def _is_vector(_: NumpyArrayConverter, value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 1


def _is_scalar(_: NumpyScalarConverter, value: Any) -> bool:
    return isinstance(value, np.generic)
