"""The configuration: what may be said (`sections`) and how it is read (`load`)."""

from headrace.config.load import load
from headrace.config.sections import Configuration

__all__ = ["Configuration", "load"]
