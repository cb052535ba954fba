"""`spark-submit jobs/compare.py ...`: the same arguments as `headrace compare ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["compare", *sys.argv[1:]])
