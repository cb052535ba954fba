"""`spark-submit jobs/networks.py ...`: the same arguments as `headrace networks ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["networks", *sys.argv[1:]])
