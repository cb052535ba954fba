"""`spark-submit jobs/prepare.py ...`: the same arguments as `headrace prepare ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["prepare", *sys.argv[1:]])
