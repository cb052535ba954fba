"""The Airflow DAG of retraining: a task for each step, each a spark-submit of pipelines/retrain.py.

Every task names the last step to run; completed steps are skipped. So a task can be retried or run twice, and it
resumes a cycle that cron or a person started. A refusal fails its task with its exit code, and later tasks do not run.

Airflow Variables:
    headrace_home      folder of the checkout, to which paths in the configuration are relative; required
    headrace_conf      configuration file; default: conf/retraining.yaml
    headrace_settings  overrides, such as train.ranks=4 spark.slots=4; default: none
    headrace_python    Python of Headrace's environment; default: HOME/.venv/bin/python
    headrace_schedule  schedule; default: 0 3 * * *

The connection `spark_default` names Spark's master; spark-submit must be on the PATH of Airflow's workers.
"""

import datetime
import os
import shlex

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import DAG, Variable

# Steps of `headrace retrain --until`; short steps share a task, because starting a task would take longer than they do.
TASKS = ("prepare", "validate", "train", "gate", "promote", "conclude")
HOME = Variable.get("headrace_home", default=".")
PYTHON = Variable.get("headrace_python", default=os.path.join(HOME, ".venv/bin/python"))


def _task(step: str) -> SparkSubmitOperator:
    """Return the task that runs the cycle of this DAG run up to `step`."""
    settings = shlex.split(Variable.get("headrace_settings", default=""))
    conf = Variable.get("headrace_conf", default="conf/retraining.yaml")
    arguments = [conf, *settings, "--until", step, "--cycle", "{{ dag.dag_id }} {{ run_id }}", "--wait"]
    return SparkSubmitOperator(
        task_id=step,
        application=os.path.join(HOME, "pipelines/retrain.py"),
        application_args=arguments,
        name=f"headrace retrain {step}",
        env_vars={"PYSPARK_PYTHON": PYTHON, "PYSPARK_DRIVER_PYTHON": PYTHON, "HEADRACE_FOLDER": HOME},
        verbose=False,
    )


with DAG(
    dag_id="headrace_retrain",
    description="Retrain on new raw data and promote the new model, or record why not",
    schedule=Variable.get("headrace_schedule", default="0 3 * * *"),
    start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": datetime.timedelta(minutes=5)},
    tags=["headrace"],
) as dag:
    tasks = [_task(step) for step in TASKS]
    for before, after in zip(tasks, tasks[1:], strict=False):
        before >> after
