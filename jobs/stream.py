"""`spark-submit jobs/stream.py ...`: the same arguments as `headrace stream ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["stream", *sys.argv[1:]])
