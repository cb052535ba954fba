"""The score of an item that attributions are computed for: its log-odds, as that of a class."""

from headrace.explain.attribution.target_score import LOG_ODDS, ScoreWords
from headrace.targets.classification.attribution_score import describe, target_score

__all__ = ["WORDS", "describe", "target_score"]

WORDS = ScoreWords("Log-odds", "the explained item", unit=LOG_ODDS)
