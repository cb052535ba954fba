"""`spark-submit jobs/read_epoch.py ...`: the same arguments as `headrace read-epoch ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["read-epoch", *sys.argv[1:]])
