"""Checks that this machine, or the Spark cluster in use, has everything that Headrace needs."""

from headrace.check.job import check
from headrace.check.report import Report, Row

__all__ = ["Report", "Row", "check"]
