"""A worker daemon for PySpark that skips unnecessary work at each task.

Spark runs the module that `spark.python.daemon.module` names. A package that needs its modules in every worker has
its own daemon, which imports them and then calls `serve`.
"""

import gc
import importlib.util
import sys
import zipimport
from collections.abc import Callable
from pathlib import Path


def remove_installed_archives() -> None:
    """Remove the zip files of the installed PySpark from `sys.path`; the package holds the same modules.

    Python compiles modules from a zip file again in every process: half a second for PySpark's. Archives elsewhere,
    such as those of a cluster's own Spark, stay on the path, because the installed package may have another version.
    """
    archives = [entry for entry in sys.path if entry.endswith((".zip", ".jar"))]
    folders = [entry for entry in sys.path if entry not in archives]
    sys.path[:] = folders
    spec = importlib.util.find_spec("pyspark")
    package = None if spec is None or spec.origin is None else Path(spec.origin).parent
    others = [entry for entry in archives if package is None or not Path(entry).is_relative_to(package)]
    sys.path[:] = [*others, *folders]


def serve() -> None:
    """Fork workers until Spark ends."""
    from pyspark import daemon

    # Workers call importlib.invalidate_caches before every task. Python before 3.13 then reads the directories of all
    # zip files again, once per package imported from them: a tenth of a second with PySpark's zip and the jar beside
    # it. Spark's own archives never change, and files that a job adds have new names.
    zipimport.zipimporter.invalidate_caches = _keep_directory  # type: ignore[assignment, method-assign]
    # Workers also collect garbage after every task; exclude the modules that are imported already.
    gc.freeze()
    daemon.worker = _without_closed_socket(daemon.worker)
    daemon.manager()


def _without_closed_socket(worker: Callable[..., int]) -> Callable[..., int]:
    """Return `worker` without the traceback of a socket that Spark has closed.

    Spark closes it when it has all rows that it needs of a task, as for the first row of a table.
    """

    def work(*arguments: object) -> int:
        try:
            return worker(*arguments)
        except (BrokenPipeError, ConnectionResetError):
            # Not 0: nobody is left who could send this worker another task.
            return 1

    return work


def _keep_directory(importer: zipimport.zipimporter) -> None:
    """Keep the directory of a zip file as it was first read."""


if __name__ == "__main__":
    remove_installed_archives()
    serve()
