"""The table, the interface between preparation and training: Parquet shards and a Delta transaction log."""

from headrace.table.shard_writer import Shard
from headrace.table.table_version import Summary, Version
from headrace.table.transaction_log import read

__all__ = ["Shard", "Summary", "Version", "read"]
