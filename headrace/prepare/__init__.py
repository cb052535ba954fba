"""Turn raw records into a table version: cleaned, normalised, split and sharded by Spark. Independent of training."""

from headrace.callable_package import make_callable

make_callable(__name__)
