"""The Airflow DAG of retraining: a task for each step, each a spark-submit of pipelines/retrain.py.

Every task names the last step that is to be done; steps that are complete are skipped. So a task can be retried, or
run twice, and a cycle that cron or a person has begun is gone on with. A refusal fails its task with its exit code,
and what follows it does not run.

Airflow Variables:
    headrace_home      folder of the checkout, where relative paths of the configuration begin; needed
    headrace_conf      configuration file; conf/retraining.yaml
    headrace_settings  overrides, such as train.ranks=4 spark.slots=4; none
    headrace_python    of the environment that has Headrace; HOME/.venv/bin/python
    headrace_schedule  when; 0 3 * * *

Spark's master is that of the connection `spark_default`; spark-submit must be on PATH of Airflow's workers.
"""

import datetime
import os
import shlex

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import DAG, Variable

# As `headrace retrain --until` has them, joined where a task of its own would cost more than it does.
TASKS = ("prepare", "validate", "train", "gate", "promote", "conclude")
HOME = Variable.get("headrace_home", default=".")
PYTHON = Variable.get("headrace_python", default=os.path.join(HOME, ".venv/bin/python"))


def _task(step: str) -> SparkSubmitOperator:
    """Do the cycle of this DAG run up to `step`."""
    settings = shlex.split(Variable.get("headrace_settings", default=""))
    conf = Variable.get("headrace_conf", default="conf/retraining.yaml")
    words = [conf, *settings, "--until", step, "--cycle", "{{ dag.dag_id }} {{ run_id }}", "--wait"]
    return SparkSubmitOperator(
        task_id=step,
        application=os.path.join(HOME, "pipelines/retrain.py"),
        application_args=words,
        name=f"headrace retrain {step}",
        env_vars={"PYSPARK_PYTHON": PYTHON, "PYSPARK_DRIVER_PYTHON": PYTHON, "HEADRACE_FOLDER": HOME},
        verbose=False,
    )


with DAG(
    dag_id="headrace_retrain",
    description="From new raw data to a new champion, or to the reasons against it",
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
