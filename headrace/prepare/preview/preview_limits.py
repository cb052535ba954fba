"""How much of raw data a preview reads and shows."""

ROWS = 10_000
FILES = 200
# Larger files are not read.
MAX_BYTES = 100_000_000
# Values shown of a column, and the most characters of each.
EXAMPLES = 3
EXAMPLE_LENGTH = 60
