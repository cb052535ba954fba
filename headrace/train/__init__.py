"""Batches -> a model, on all ranks. The only importer of horovod."""

from headrace.callable_package import make_callable

make_callable(__name__)
