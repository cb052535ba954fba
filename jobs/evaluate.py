"""`spark-submit jobs/evaluate.py ...`: the same arguments as `headrace evaluate ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["evaluate", *sys.argv[1:]])
