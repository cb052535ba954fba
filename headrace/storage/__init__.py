"""Storage of data, runs and bundles: local folders, prefixes of a bucket and, for raw data, HDFS.

Every location is a `pathlib.Path`.
"""

from headrace.storage.file_listing import files_below, read_entry
from headrace.storage.listed_file import ListedFile
from headrace.storage.object_stores.pathlib_compatible_path import ObjectPath
from headrace.storage.parse_location import is_remote, locate
from headrace.storage.remote_path_base import RemotePath

__all__ = ["ListedFile", "ObjectPath", "RemotePath", "read_entry", "files_below", "is_remote", "locate"]
