"""`spark-submit jobs/init.py ...`: the same arguments as `headrace init ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["init", *sys.argv[1:]])
