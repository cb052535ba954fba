"""Free data sets, brought as class folders of images or files of records that `headrace prepare` can read."""

from headrace.fetch.job import DATASETS, fetch, listing

__all__ = ["DATASETS", "fetch", "listing"]
