"""`spark-submit jobs/convert.py ...`: the same arguments as `headrace convert ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["convert", *sys.argv[1:]])
