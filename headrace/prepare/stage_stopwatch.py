"""Measure the time of the stages of a preparation."""

import time


class Stopwatch:
    """Timer that starts when it is created."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Return the elapsed seconds, rounded to milliseconds."""
        return round(time.monotonic() - self._start, 3)
