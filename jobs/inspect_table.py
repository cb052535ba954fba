"""`spark-submit jobs/inspect_table.py ...`: as `headrace inspect ...`; a file inspect.py would hide Python's own."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["inspect", *sys.argv[1:]])
