"""The setting that makes a command run on a standalone cluster."""

import sys

from jobs.local_cluster import LocalCluster


def spark_setting(cluster: LocalCluster, **more: str) -> str:
    """Return the setting that lets a command run on the cluster, as with `spark-submit --master`."""
    settings = {
        "spark.master": cluster.url,
        "spark.pyspark.python": sys.executable,
        "spark.executor.memory": "512m",
        "spark.executor.cores": "1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
    } | {name.replace("_", "."): value for name, value in more.items()}
    return "spark.settings={" + ", ".join(f"{name}: '{value}'" for name, value in settings.items()) + "}"
