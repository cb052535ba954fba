"""The configuration: what may be said (`configuration`, `cluster`) and how it is read (`load`)."""

from headrace.config.cluster import load_cluster, spark_settings
from headrace.config.configuration import Configuration
from headrace.config.load import load

__all__ = ["Configuration", "load", "load_cluster", "spark_settings"]
