"""The Python API, for notebooks and programs: the functions of the command line, on the caller's own Spark session."""

from headrace.api.bundle import Bundle, load, log_model, udf
from headrace.api.preparation import prepare
from headrace.api.run import Run
from headrace.api.table import Table, read
from headrace.api.table_batches import BatchOrder
from headrace.api.training import train

__all__ = ["BatchOrder", "Bundle", "Run", "Table", "load", "log_model", "prepare", "read", "train", "udf"]
