"""`spark-submit jobs/fetch.py ...`: the same arguments as `headrace fetch ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["fetch", *sys.argv[1:]])
