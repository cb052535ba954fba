"""Checks of this machine besides Python packages: Java, a C++ compiler and free disk space."""

import os
import shutil
from pathlib import Path

from headrace.check.check_report import CheckRow
from headrace.errors import ConfigurationError
from headrace.spark.java_version import find_java, java_range, require_java

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
