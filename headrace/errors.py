"""The errors that a user can cause or encounter, each with its exit code.

A message tells the user what happened, what was expected, what was received and how to fix it.
Any other exception is a bug in Headrace and ends with exit code 1 and a traceback.
"""


class HeadraceError(Exception):
    """Base class of the errors with a message for the user; exit code 1."""

    exit_code = 1

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the message alone, as a command does."""
        return [f"{type(self).__name__}: {self}"]


class ConfigurationError(HeadraceError):
    """Invalid configuration or usage; exit code 2."""

    exit_code = 2


class DataError(HeadraceError):
    """Data that is missing, empty, damaged or not written by Headrace; exit code 3."""

    exit_code = 3


class TrainingError(HeadraceError):
    """A training that could not start or did not finish; exit code 4."""

    exit_code = 4


class LostExecutorError(HeadraceError):
    """An executor or its Python process that ended without reporting an error; a retry may succeed."""


class GateError(HeadraceError):
    """A model that a gate rejected; exit code 5."""

    exit_code = 5


class DiskError(HeadraceError):
    """A file system that refuses a file: it is full or read-only, or permission is missing."""


class StoreError(HeadraceError):
    """An object store that rejects a request or does not respond; no record is at fault."""
