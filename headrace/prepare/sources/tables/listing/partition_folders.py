"""Read the columns of a partitioned table that are part of its folders' names."""

from urllib.parse import unquote

# What Hive and Spark call the folder of rows without a value.
NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"


def folder_values(path: str) -> dict[str, str | None]:
    """Return the columns of a partitioned table that are part of folder names, as text: class=01 stays 01."""
    pairs = (folder.partition("=") for folder in path.split("/")[:-1] if "=" in folder)
    return {unquote(name): None if value == NULL_FOLDER else unquote(value) for name, _, value in pairs}
