"""Parquet files wherever they are."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from headrace.storage.location import is_remote


def open_parquet(path: Path, **options: Any) -> pq.ParquetFile:
    """The file at `path`, whose columns are read when they are asked for; `options` are pyarrow's.

    Raises:
        OSError: it cannot be read.
    """
    return pq.ParquetFile(path.open("rb") if is_remote(path) else path, **options)
