"""Batches -> a model, on all ranks. The only importer of horovod."""
