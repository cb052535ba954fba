"""The configuration: what may be said (`sections`, `cluster`) and how it is read (`load`)."""

from headrace.config.cluster import load_cluster, spark_settings
from headrace.config.load import load
from headrace.config.sections import Configuration

__all__ = ["Configuration", "load", "load_cluster", "spark_settings"]
