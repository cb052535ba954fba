"""Describe the several inputs that an exported model takes."""

from headrace.bundle import Bundle


def describe_input(bundle: Bundle) -> str:
    """See `ExportInputInterface`; each input is described for itself."""
    return ", ".join(bundle.contract.input_names)
