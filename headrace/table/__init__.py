"""The table, the interface between preparation and training: Parquet shards and a Delta transaction log."""

from headrace.table.shards import Shard
from headrace.table.transaction_log import read
from headrace.table.version import Summary, Version

__all__ = ["Shard", "Summary", "Version", "read"]
