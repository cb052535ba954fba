"""Spark's Python daemon with the modules of preparation already imported; it forks every worker.

A worker that imports them itself needs a second before its first record. `spark.python.daemon.module` names this
module.
"""

from headrace.spark.worker_daemon import remove_installed_archives, serve

if __name__ == "__main__":
    remove_installed_archives()

    import headrace.prepare.encode_deduplicate_split_fit  # noqa: F401

    serve()
