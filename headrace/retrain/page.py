"""The page of retraining: which data, runs and decisions have led to the champion."""

from headrace.registry.versions import ModelRecord
from headrace.retrain.journal import Journal


def write_page(journal: Journal, model: str, versions: list[ModelRecord]) -> None:
    """Write it anew."""
