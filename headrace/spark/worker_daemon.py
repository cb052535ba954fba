"""Spark's Python daemon, which forks the workers, without what PySpark would do in vain before and after every task.

Named in `spark.python.daemon.module`, so this is the program; a room that wants its modules in every worker at once
has a daemon of its own, which imports them and then calls `serve`.
"""

import gc
import importlib.util
import sys
import zipimport
from pathlib import Path


def leave_installed_archives() -> None:
    """Take PySpark's zip files off the path where they are those of the package that is installed, with all in them.

    Python compiles modules from a zip file anew in every process: half a second for PySpark's. Spark of another
    place, such as a cluster's own, stays on the path, because the installed package may be of another version.
    """
    archives = [place for place in sys.path if place.endswith((".zip", ".jar"))]
    others = [place for place in sys.path if place not in archives]
    sys.path[:] = others
    found = importlib.util.find_spec("pyspark")
    package = None if found is None or found.origin is None else Path(found.origin).parent
    foreign = [place for place in archives if package is None or not Path(place).is_relative_to(package)]
    sys.path[:] = [*foreign, *others]


def serve() -> None:
    """Fork workers until Spark ends."""
    from pyspark.daemon import manager

    # Workers call importlib.invalidate_caches before every task, upon which Python before 3.13 reads the lists of
    # all zip files again, once for every package imported from them: a tenth of a second with PySpark's and the jar
    # beside it. Spark's own are never changed, and files that a job adds have a name of their own.
    zipimport.zipimporter.invalidate_caches = _kept  # type: ignore[assignment, method-assign]
    # They also collect garbage after every task; what is imported by now is none.
    gc.freeze()
    manager()


def _kept(importer: zipimport.zipimporter) -> None:
    """The list of a zip file as it was read at first."""


if __name__ == "__main__":
    leave_installed_archives()
    serve()
