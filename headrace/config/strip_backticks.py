"""Remove the backticks that Spark SQL needs from column names in a configuration."""


def strip_backticks(name: str) -> str:
    """Return a column name without the backticks in which SQL quotes names with dots."""
    return name[1:-1] if len(name) > 2 and name[0] == name[-1] == "`" else name
