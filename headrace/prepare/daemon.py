"""Spark's Python daemon with what preparation needs imported already: it forks every worker, so they all have it.

A worker that imports for itself costs a second before its first record. Named in `spark.python.daemon.module`.
"""

from headrace.spark.worker_daemon import leave_installed_archives, serve

if __name__ == "__main__":
    leave_installed_archives()

    import headrace.prepare.stages  # noqa: F401

    serve()
