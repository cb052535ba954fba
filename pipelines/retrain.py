"""The same command as `headrace retrain ...`, for cron, Airflow and spark-submit.

If HEADRACE_FOLDER is set, relative paths start there; Airflow starts programs in another folder.
"""

import os
import sys

from headrace.cli import main

if __name__ == "__main__":
    os.chdir(os.environ.get("HEADRACE_FOLDER", "."))
    main(["retrain", *sys.argv[1:]])
