"""A text that shows what a model takes."""

from headrace.contract import Contract


def example_input(contract: Contract) -> str:
    """Return a text."""
    return "An example of a text."
