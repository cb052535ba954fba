"""Fixture: a real small table and the run folder that training and evaluation on it would write."""

from tests.support.fabricated_run import make_run

__all__ = ["make_run"]
