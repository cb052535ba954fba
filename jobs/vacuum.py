"""`spark-submit jobs/vacuum.py ...`: the same arguments as `headrace vacuum ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["vacuum", *sys.argv[1:]])
