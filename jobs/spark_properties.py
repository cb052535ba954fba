"""`spark-submit jobs/spark_properties.py ...`: the same arguments as `headrace spark-properties ...`."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["spark-properties", *sys.argv[1:]])
