"""`spark-submit jobs/predict.py ...`: the same arguments as `headrace predict ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["predict", *sys.argv[1:]])
