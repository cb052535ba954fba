"""Where data, runs and bundles are: folders of this machine, or prefixes of a bucket on S3, all a `pathlib.Path`."""

from headrace.storage.listing import Entry, entry_of, files_below
from headrace.storage.location import is_remote, locate
from headrace.storage.s3_path import S3Path

__all__ = ["Entry", "S3Path", "entry_of", "files_below", "is_remote", "locate"]
