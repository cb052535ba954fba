"""Finished runs by number."""

from pathlib import Path

Runs = dict[int, Path]
