"""Spark's Python daemon with what preparation needs imported already: it forks every worker, so they all have it.

A worker that imports for itself costs a second before its first record. Named in `spark.python.daemon.module`.
"""

import gc

from pyspark.daemon import manager

import headrace.prepare.stages  # noqa: F401

if __name__ == "__main__":
    # PySpark's workers collect garbage after every task; what is imported here is none.
    gc.freeze()
    manager()
