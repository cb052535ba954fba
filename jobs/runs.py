"""`spark-submit jobs/runs.py ...`: the same arguments as `headrace runs ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["runs", *sys.argv[1:]])
