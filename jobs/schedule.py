"""`spark-submit jobs/schedule.py ...`: the same arguments as `headrace schedule ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["schedule", *sys.argv[1:]])
