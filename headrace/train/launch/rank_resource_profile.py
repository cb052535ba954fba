"""Resources that a rank requests from its executor, if it needs more than Spark's default for a task.

They apply to the stage of the ranks only; a preparation in the same program keeps one core per task. Spark starts no
other executors for them: ranks need barrier stages, which rule out dynamic allocation.
"""

import logging

from pyspark.resource import ResourceProfile, ResourceProfileBuilder, TaskResourceRequests
from pyspark.sql import SparkSession

from headrace.config.sections.training import Resources
from headrace.spark.session import is_local

log = logging.getLogger(__name__)


def profile_for(spark: SparkSession, resources: Resources) -> ResourceProfile | None:
    """Return the resource profile of the ranks' stage; None without settings and on local Spark."""
    if resources.cpus is None and resources.gpus is None:
        return None
    if is_local(spark):
        log.warning("train.resources is ignored on local Spark, where all tasks share this machine")
        return None
    # A profile does not inherit the defaults of other tasks.
    cpus = resources.cpus or int(spark.conf.get("spark.task.cpus", "1") or 1)
    default_gpus = float(spark.conf.get("spark.task.resource.gpu.amount", "0") or 0)
    gpus = default_gpus if resources.gpus is None else resources.gpus
    requests = TaskResourceRequests().cpus(cpus)
    if gpus:
        requests = requests.resource("gpu", gpus)
    profile: ResourceProfile = ResourceProfileBuilder().require(requests).build
    # Spark can report how many such tasks fit only once the profile is registered.
    spark.sparkContext._jsc.sc().resourceProfileManager().addResourceProfile(profile._java_resource_profile)
    return profile
