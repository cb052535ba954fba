"""Open Parquet files, local or remote."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from headrace.storage.parse_location import is_remote


def open_parquet(path: Path, **options: Any) -> pq.ParquetFile:
    """Open the Parquet file at `path`; columns are read on demand. Pass `options` to `pyarrow.parquet.ParquetFile`.

    Raises:
        OSError: the file cannot be read.
    """
    return pq.ParquetFile(path.open("rb") if is_remote(path) else path, **options)
