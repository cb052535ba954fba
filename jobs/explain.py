"""`spark-submit jobs/explain.py ...`: the same arguments as `headrace explain ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["explain", *sys.argv[1:]])
