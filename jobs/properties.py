"""`spark-submit jobs/properties.py ...`: the same arguments as `headrace properties ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["properties", *sys.argv[1:]])
