"""What cron, Airflow or a person runs: the same words as `headrace retrain ...`, also under spark-submit.

HEADRACE_FOLDER, where it is set, is where relative paths begin; Airflow starts programs in a folder of its own.
"""

import os
import sys

from headrace.cli import main

if __name__ == "__main__":
    os.chdir(os.environ.get("HEADRACE_FOLDER", "."))
    main(["retrain", *sys.argv[1:]])
