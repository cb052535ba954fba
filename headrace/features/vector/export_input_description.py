"""Describe the vectors that an exported model takes as input."""

from headrace.bundle import Bundle


def describe_input(bundle: Bundle) -> str:
    """See `ExportInputInterface`."""
    (size,) = bundle.contract.input_shape
    return f"vectors (rows, {size}) of numbers, any number of rows; the model includes normalisation."
