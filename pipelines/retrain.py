"""What cron, Airflow or a person runs: the same words as `headrace retrain ...`, also under spark-submit."""

import sys

from headrace.cli import main

if __name__ == "__main__":
    main(["retrain", *sys.argv[1:]])
