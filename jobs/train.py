"""`spark-submit jobs/train.py ...`: the same arguments as `headrace train ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
