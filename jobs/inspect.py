"""`spark-submit jobs/inspect.py ...`: the same words as `headrace inspect ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["inspect", *sys.argv[1:]])
