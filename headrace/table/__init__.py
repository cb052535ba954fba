"""The table, the interface between preparation and training: Parquet shards and a Delta transaction log."""

from headrace.table.shard_writer import Shard
from headrace.table.transaction_log import read
from headrace.table.version_and_preparation_summary import Summary, Version

__all__ = ["Shard", "Summary", "Version", "read"]
