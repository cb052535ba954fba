"""What this machine, or the cluster that spark-submit names, lacks for Headrace."""

from headrace.check.job import check
from headrace.check.report import Report, Row

__all__ = ["Report", "Row", "check"]
