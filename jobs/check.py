"""`spark-submit jobs/check.py ...`: the same arguments as `headrace check ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["check", *sys.argv[1:]])
