"""Describe the windows that an exported model takes as input."""

from headrace.bundle import Bundle
from headrace.features.windows.contract_spec import WindowSpec


def describe_input(bundle: Bundle) -> str:
    """See `ExportInputInterface`."""
    contract = bundle.contract
    return (
        f"windows (rows, {', '.join(map(str, contract.input_shape))}): consecutive rows of a series with the columns "
        f"{', '.join(WindowSpec.of(contract).values)}, any number of windows; the model includes normalisation."
    )
