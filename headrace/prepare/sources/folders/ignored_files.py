"""Files that belong to an operating system or to a job, and never to the data; every source skips them."""

import re

# Of Windows, macOS, the network storage of Synology and QNAP, and Linux; of Hadoop and Spark.
NAMES = frozenset(
    ("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "$recycle.bin", "system volume information")
    + (
        "@eadir",
        "#recycle",
        "#snapshot",
        "@recycle",
        "lost+found",
        "_temporary",
        "_success",
        "_metadata",
        "_common_metadata",
        "_spark_metadata",
    )
)
PATTERN = re.compile(r"\.(?!\.?$)|~\$|_committed_|_started_")


def is_ignored(path: str) -> bool:
    """Return whether a file, or a folder that it is in, is hidden or belongs to an operating system or a job.

    Args:
        path: with slashes between folders; a backslash is part of a name.
    """
    return any(part.lower() in NAMES or PATTERN.match(part) is not None for part in path.split("/"))
