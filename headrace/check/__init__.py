"""Checks that this machine, or the Spark cluster in use, has everything that Headrace needs."""

from headrace.check.check_report import CheckRow, Report
from headrace.check.job import check

__all__ = ["Report", "CheckRow", "check"]
