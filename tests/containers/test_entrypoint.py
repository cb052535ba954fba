"""The image started like Spark on Kubernetes starts it, without Kubernetes; driver and executor are real."""

import subprocess

import pytest

from tests.containers.engine import run
from tests.support.container_cluster import CLIENT, ContainerCluster
from tests.support.running_training import wait_for

pytestmark = [pytest.mark.container, pytest.mark.timeout(1800)]

# No worker has 4 cores, so only the executor that the test starts can run tasks.
DRIVER = """
import socket
from pyspark.sql import SparkSession
settings = {"spark.executor.cores": "4", "spark.driver.port": "7999", "spark.ui.enabled": "false"}
spark = SparkSession.builder.config(map=settings).getOrCreate()
open("/work/application", "w").write(spark.sparkContext.applicationId)
print(sorted(set(spark.sparkContext.parallelize(range(10), 2).map(lambda _: socket.gethostname()).collect())))
"""
OPTIONS = {"SPARK_JAVA_OPT_0": "-Dspark.driver.port=7999", "SPARK_JAVA_OPT_1": "-Dspaces=are one option"}


def test_executor_container_runs_tasks_of_driver(containers: ContainerCluster) -> None:
    engine = containers.engine
    words = (engine.program, "exec", CLIENT, "python", "-c", DRIVER)
    driver = subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    look = (engine.program, "exec", CLIENT, "cat", "/work/application")
    application = wait_for(lambda: subprocess.run(look, capture_output=True, text=True).stdout, 120)
    environment = OPTIONS | {
        "SPARK_DRIVER_URL": "spark://CoarseGrainedScheduler@client:7999",
        "SPARK_EXECUTOR_ID": "1",
        "SPARK_EXECUTOR_CORES": "2",
        "SPARK_EXECUTOR_MEMORY": "512m",
        "SPARK_APPLICATION_ID": application,
        "SPARK_EXECUTOR_POD_IP": "executor",
    }
    options = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
    place = ("--name", "headrace-executor", "--hostname", "executor", "--network", "headrace-cluster")
    run(engine.program, "run", "--rm", *place, *options, "headrace", "executor", seconds=180)
    out, log = driver.communicate(timeout=120)
    assert driver.returncode == 0, log[-4000:]
    assert out.splitlines()[-1] == "['executor']"


def test_driver_container_runs_spark_submit_in_client_mode(containers: ContainerCluster) -> None:
    engine = containers.engine
    words = ("run", "--rm", "-e", "SPARK_DRIVER_BIND_ADDRESS=127.0.0.1", "headrace", "driver", "--master", "local[1]")
    said = run(engine.program, *words, "/opt/headrace/jobs/config.py", "/opt/headrace/conf/images.yaml", "--json")
    assert said.json["data"]["table"] == "prepared/photos"


def test_container_runs_headrace_verb(containers: ContainerCluster) -> None:
    engine = containers.engine
    said = run(engine.program, "run", "--rm", "headrace", "config", "/opt/headrace/conf/images.yaml", "--json")
    assert said.json["train"]["run"] == "runs/photos"
