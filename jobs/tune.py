"""`spark-submit jobs/tune.py ...`: the same arguments as `headrace tune ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["tune", *sys.argv[1:]])
