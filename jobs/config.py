"""`spark-submit jobs/config.py ...`: the same arguments as `headrace config ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["config", *sys.argv[1:]])
