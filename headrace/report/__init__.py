"""The report: one self-contained HTML page about a training run."""

from headrace.report.run_page import write_report

__all__ = ["write_report"]
