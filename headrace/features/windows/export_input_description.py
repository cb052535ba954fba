"""Describe the windows that an exported model takes as input."""

from headrace.bundle import Bundle
from headrace.features.windows.input_contract_and_compatibility import WindowSpec


def describe_input(bundle: Bundle) -> str:
    """See `ExportInputInterface`."""
    contract = bundle.contract
    return (
        f"windows (rows, {', '.join(map(str, contract.input_shape))}): consecutive rows of a series with the columns "
        f"{', '.join(WindowSpec.of(contract).values)}, any number of windows; the model includes normalisation."
    )
