"""Resources that a rank takes of its executor, if more than Spark gives every task.

Only the stage of the ranks is told; a preparation in the same program goes on with one core a task. The executors are
those that are there: barrier stages, which ranks need, rule out dynamic allocation, so that Spark starts no others.
"""

import logging

from pyspark.resource import ResourceProfile, ResourceProfileBuilder, TaskResourceRequests
from pyspark.sql import SparkSession

from headrace.config.sections.training import Resources
from headrace.spark.session import is_local

log = logging.getLogger(__name__)


def profile_for(spark: SparkSession, resources: Resources) -> ResourceProfile | None:
    """Return the resource profile of the ranks' stage; None without settings, and on local Spark, which has none."""
    if resources.cpus is None and resources.gpus is None:
        return None
    if is_local(spark):
        log.warning("train.resources has no meaning on local Spark, whose tasks share this machine")
        return None
    # A profile knows nothing of what Spark gives other tasks.
    cpus = resources.cpus or int(spark.conf.get("spark.task.cpus", "1") or 1)
    shared = float(spark.conf.get("spark.task.resource.gpu.amount", "0") or 0)
    gpus = shared if resources.gpus is None else resources.gpus
    requests = TaskResourceRequests().cpus(cpus)
    if gpus:
        requests = requests.resource("gpu", gpus)
    profile: ResourceProfile = ResourceProfileBuilder().require(requests).build
    # Until it is known there, Spark cannot say how many such tasks fit.
    spark.sparkContext._jsc.sc().resourceProfileManager().addResourceProfile(profile._java_resource_profile)
    return profile
