"""An example text for a model."""

from headrace.contract import Contract


def example_input(contract: Contract) -> str:
    """Return a text."""
    return "An example of a text."
