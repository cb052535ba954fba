"""`spark-submit jobs/export.py ...`: the same arguments as `headrace export ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["export", *sys.argv[1:]])
