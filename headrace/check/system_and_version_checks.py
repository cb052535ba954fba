"""Checks of this machine: versions of Python and the engines, Java, a compiler, disk space and compiled bytecode."""

import importlib.util
import os
import platform
import shutil
from pathlib import Path
from zipimport import zipimporter

from headrace.check.check_report import CheckRow
from headrace.engines.supported_versions import ENGINES, Engine, as_text, is_supported, supported_python
from headrace.errors import ConfigurationError
from headrace.spark.java_version import find_java, java_range, require_java


def version_rows() -> list[CheckRow]:
    """Return a row for Python and one for each engine."""
    return [_python(), *map(_engine, ENGINES)]


def _python() -> CheckRow:
    found, supported = platform.python_version(), supported_python()
    ok = is_supported(found, supported)
    needed = as_text(supported)
    fix = "" if ok else f"run Headrace with Python {needed}; `make setup` creates an environment with it"
    return CheckRow(name="Python", found=found, needed=needed, ok=ok, fix=fix)


def _engine(engine: Engine) -> CheckRow:
    found, supported = engine.installed, engine.supported
    ok = is_supported(found, supported)
    return CheckRow(name=engine.name, found=found, needed=as_text(supported), ok=ok, fix="" if ok else engine.fix)


FREE_GIGABYTES = 2.0


def java_row() -> CheckRow:
    """Return the row about the Java that Spark would start."""
    needed = str(java_range())
    try:
        java = find_java()
    except ConfigurationError as error:
        return CheckRow(name="Java", found="none", needed=needed, ok=False, fix=str(error))
    found = f"{java.version} ({java.path})"
    try:
        require_java()
    except ConfigurationError as error:
        return CheckRow(name="Java", found=found, needed=needed, ok=False, fix=str(error))
    return CheckRow(name="Java", found=found, needed=needed, ok=True)


def compiler_row(horovod_works: bool) -> CheckRow:
    """Return the row about the C++ compiler, which is needed only to compile Horovod."""
    found = shutil.which(os.environ.get("CXX") or "c++") or "none"
    ok = horovod_works or found != "none"
    needed = "" if horovod_works else "C++17, to compile Horovod"
    return CheckRow(name="C++ compiler", found=found, needed=needed, ok=ok, fix="" if ok else "apt-get install g++")


def disk_row(folder: Path) -> CheckRow:
    """Return the row about free space on the disk of `folder`, where tables and runs are usually written."""
    free = shutil.disk_usage(folder).free / 1e9
    ok = free >= FREE_GIGABYTES
    fix = "" if ok else f"free space on the disk of {folder}, or work in another folder"
    return CheckRow(name="Free disk", found=f"{free:.1f} GB", needed=f"{FREE_GIGABYTES:.0f} GB", ok=ok, fix=fix)


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
