"""An example text for a model."""

from headrace.contract import Contract


def mlflow_input_example(contract: Contract) -> str:
    """Return a text."""
    return "An example of a text."
