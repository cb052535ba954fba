"""`spark-submit jobs/inspect_table.py ...`: the same arguments as `headrace inspect ...`.

A file named inspect.py would shadow Python's module of that name.
"""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["inspect", *sys.argv[1:]])
