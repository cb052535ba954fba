"""`spark-submit jobs/models.py ...`: the same arguments as `headrace models ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["models", *sys.argv[1:]])
