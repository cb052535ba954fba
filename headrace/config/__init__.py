"""The configuration: its models (`configuration`, `cluster`) and its reader (`load`)."""

from headrace.config.cluster_file import load_cluster, spark_settings
from headrace.config.configuration_model import Configuration
from headrace.config.load import load

__all__ = ["Configuration", "load", "load_cluster", "spark_settings"]
