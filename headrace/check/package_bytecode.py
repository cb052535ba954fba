"""Check whether the engines have compiled bytecode."""

import importlib.util
import os
from pathlib import Path
from zipimport import zipimporter

from headrace.check.check_report import CheckRow

# The packages that are slowest to import.
COMPILED = ("tensorflow", "keras", "pyspark", "horovod")


def bytecode_row() -> CheckRow:
    """Return the row about bytecode of the large packages; without it TensorFlow imports three times slower.

    A package that is not installed is reported in another row.
    """
    installed = [name for name in COMPILED if _origin(name)]
    missing = [name for name in installed if not _is_compiled(name)]
    folders = " ".join(sorted({str(Path(origin).parent.parent) for name in missing if (origin := _origin(name))}))
    present = f"present for {', '.join(installed)}" if installed else "nothing to compile"
    return CheckRow(
        name="Bytecode",
        found=f"missing for {', '.join(missing)}" if missing else present,
        needed="all packages, or every rank starts slowly",
        ok=not missing,
        fix=f"python -m compileall -q -j 0 {folders}" if missing else "",
    )


def _origin(package: str) -> str | None:
    spec = importlib.util.find_spec(package)
    return spec.origin if spec else None


def _is_compiled(package: str) -> bool:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return False
    # spark-submit imports PySpark from an archive, which has no bytecode: the user cannot fix that.
    archived = isinstance(spec.loader, zipimporter)
    return archived or os.path.exists(importlib.util.cache_from_source(spec.origin))
