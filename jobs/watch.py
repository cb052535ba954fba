"""`spark-submit jobs/watch.py ...`: the same arguments as `headrace watch ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["watch", *sys.argv[1:]])
