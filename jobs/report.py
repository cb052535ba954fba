"""`spark-submit jobs/report.py ...`: the same arguments as `headrace report ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["report", *sys.argv[1:]])
