"""The errors a user can cause or meet, each with the exit code it ends in.

An error's message is for the user: what happened, what was expected, what was received, how to mend it.
Whatever is raised besides these is a fault of Headrace itself and ends in exit code 1 with a traceback.
"""


class HeadraceError(Exception):
    """Anything Headrace can explain; exit code 1."""

    exit_code = 1


class ConfigurationError(HeadraceError):
    """Wrong configuration or usage; exit code 2."""

    exit_code = 2


class DataError(HeadraceError):
    """Data that was refused: missing, empty, damaged, not ours; exit code 3."""

    exit_code = 3


class TrainingError(HeadraceError):
    """Training that could not start or did not finish; exit code 4."""

    exit_code = 4


class LostExecutorError(HeadraceError):
    """An executor, or a Python process of it, ended without an error of its own; the same may go well again."""


class GateError(HeadraceError):
    """A model that was refused by a gate; exit code 5."""

    exit_code = 5


class StoreError(HeadraceError):
    """An object store that refuses, or does not answer; the fault of no record."""
