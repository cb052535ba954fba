"""What this machine has besides Python packages: Java, bytecode, a compiler, room on the disk."""

import importlib.util
import os
import shutil
from pathlib import Path
from zipimport import zipimporter

from headrace.check.report import Row
from headrace.errors import ConfigurationError
from headrace.spark.java import find_java, java_range, require_java

# The packages that take longest to import.
COMPILED = ("tensorflow", "keras", "pyspark", "horovod")
FREE_GIGABYTES = 2.0


def java_row() -> Row:
    """The Java that Spark would start."""
    needed = str(java_range())
    try:
        java = find_java()
    except ConfigurationError as error:
        return Row(name="Java", found="none", needed=needed, ok=False, fix=str(error))
    found = f"{java.version} ({java.path})"
    try:
        require_java()
    except ConfigurationError as error:
        return Row(name="Java", found=found, needed=needed, ok=False, fix=str(error))
    return Row(name="Java", found=found, needed=needed, ok=True)


def bytecode_row() -> Row:
    """Whether the large packages are compiled to bytecode; TensorFlow's import takes three times as long if not."""
    missing = [name for name in COMPILED if not _is_compiled(name)]
    folders = " ".join(sorted({str(Path(place).parent.parent) for name in missing if (place := _place(name))}))
    return Row(
        name="Bytecode",
        found=f"not of {', '.join(missing)}" if missing else f"of {', '.join(COMPILED)}",
        needed="all, or every rank starts slowly",
        ok=not missing,
        fix=f"python -m compileall -q -j 0 {folders}".rstrip() if missing else "",
    )


def compiler_row(horovod_works: bool) -> Row:
    """A C++ compiler, which nobody needs once Horovod is compiled."""
    found = shutil.which(os.environ.get("CXX") or "c++") or "none"
    ok = horovod_works or found != "none"
    needed = "" if horovod_works else "C++17, to compile Horovod"
    return Row(name="C++ compiler", found=found, needed=needed, ok=ok, fix="" if ok else "apt-get install g++")


def disk_row(folder: Path) -> Row:
    """Room where tables and runs are usually written: on the disk of `folder`."""
    free = shutil.disk_usage(folder).free / 1e9
    ok = free >= FREE_GIGABYTES
    fix = "" if ok else f"make room on the disk of {folder}, or work in another folder"
    return Row(name="Free disk", found=f"{free:.1f} GB", needed=f"{FREE_GIGABYTES:.0f} GB", ok=ok, fix=fix)


def _place(package: str) -> str | None:
    found = importlib.util.find_spec(package)
    return found.origin if found else None


def _is_compiled(package: str) -> bool:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return False
    # spark-submit brings PySpark in an archive, which keeps no bytecode: there is nothing to mend.
    archived = isinstance(found.loader, zipimporter)
    return archived or os.path.exists(importlib.util.cache_from_source(found.origin))
