"""Downloads of public data sets as class folders, JSON Lines or CSV files, which `headrace prepare` reads."""

from headrace.fetch.job import DATASETS, fetch, listing

__all__ = ["DATASETS", "fetch", "listing"]
